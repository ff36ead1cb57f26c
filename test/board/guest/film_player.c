/* Plays a raw film (frames as the output wants them, one after the other) into a V4L2 output node, over and over.
 *
 *   film_player FILM OUTPUT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFERS 6

static int film, output;
static uint8_t *memory[BUFFERS];

static int fail(const char *what) {
  perror(what);
  return 1;
}

static int fill_and_queue(struct v4l2_buffer *buffer) {
  ssize_t got = read(film, memory[buffer->index], buffer->length);
  if (got < (ssize_t)buffer->length) {
    lseek(film, 0, SEEK_SET);
    got = read(film, memory[buffer->index], buffer->length);
  }
  if (got < (ssize_t)buffer->length) return -1;
  buffer->bytesused = buffer->length;
  buffer->field = V4L2_FIELD_INTERLACED;
  return ioctl(output, VIDIOC_QBUF, buffer);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  film = open(argv[1], O_RDONLY);
  output = open(argv[2], O_RDWR);
  if (film < 0 || output < 0) return fail("open");
  struct v4l2_requestbuffers request = {
      .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .count = BUFFERS};
  if (ioctl(output, VIDIOC_REQBUFS, &request) < 0) return fail("VIDIOC_REQBUFS");
  for (uint32_t i = 0; i < request.count && i < BUFFERS; i++) {
    struct v4l2_buffer buffer = {.type = request.type, .memory = request.memory, .index = i};
    if (ioctl(output, VIDIOC_QUERYBUF, &buffer) < 0) return fail("VIDIOC_QUERYBUF");
    memory[i] = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, output, buffer.m.offset);
    if (memory[i] == MAP_FAILED) return fail("mmap");
    if (fill_and_queue(&buffer) < 0) return fail("VIDIOC_QBUF");
  }
  int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  if (ioctl(output, VIDIOC_STREAMON, &type) < 0) return fail("VIDIOC_STREAMON");
  for (;;) {
    struct v4l2_buffer buffer = {.type = request.type, .memory = request.memory};
    if (ioctl(output, VIDIOC_DQBUF, &buffer) < 0) return fail("VIDIOC_DQBUF");
    if (fill_and_queue(&buffer) < 0) return fail("VIDIOC_QBUF");
  }
}
