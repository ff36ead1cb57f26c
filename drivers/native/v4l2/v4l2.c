#include "v4l2.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int ml_ioctl(int fd, unsigned long request, void *argument) {
  int result;
  do {
    result = ioctl(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

static int failed(struct ml_failure *failure, int code, const char *step) {
  failure->code = code;
  failure->step = step;
  return code;
}

int ml_open(const char *path, int *fd, struct ml_failure *failure) {
  *fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return *fd < 0 ? failed(failure, errno, "open") : 0;
}

static void set_frame_rate(int fd, uint32_t fps, struct ml_format *granted) {
  struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  struct v4l2_fract *interval = &parameters.parm.capture.timeperframe;
  if (ml_ioctl(fd, VIDIOC_G_PARM, &parameters) != 0) return;
  if (fps > 0 && (parameters.parm.capture.capability & V4L2_CAP_TIMEPERFRAME)) {
    interval->numerator = 1;
    interval->denominator = fps;
    if (ml_ioctl(fd, VIDIOC_S_PARM, &parameters) != 0) return;
  }
  granted->interval_numerator = interval->numerator;
  granted->interval_denominator = interval->denominator;
}

int ml_set_format(int fd, uint32_t fourcc, uint32_t width, uint32_t height, uint32_t fps, struct ml_format *granted,
                  struct ml_failure *failure) {
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  struct v4l2_pix_format *pixels = &format.fmt.pix;
  pixels->pixelformat = fourcc;
  pixels->width = width;
  pixels->height = height;
  pixels->field = V4L2_FIELD_NONE;
  int code = ml_ioctl(fd, VIDIOC_S_FMT, &format);
  if (code != 0) return failed(failure, code, "VIDIOC_S_FMT");
  bool compressed = pixels->pixelformat == V4L2_PIX_FMT_MJPEG || pixels->pixelformat == V4L2_PIX_FMT_JPEG;
  memset(granted, 0, sizeof *granted);
  granted->fourcc = pixels->pixelformat;
  granted->width = pixels->width;
  granted->height = pixels->height;
  granted->stride = compressed ? 0 : pixels->bytesperline;
  granted->image_bytes = pixels->sizeimage;
  set_frame_rate(fd, fps, granted);
  return 0;
}

static int map_one(struct ml_capture *capture, uint32_t index, struct ml_failure *failure) {
  struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
  int code = ml_ioctl(capture->fd, VIDIOC_QUERYBUF, &buffer);
  if (code != 0) return failed(failure, code, "VIDIOC_QUERYBUF");
  void *start = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd, buffer.m.offset);
  if (start == MAP_FAILED) return failed(failure, errno, "mmap");
  capture->mappings[index] = (struct ml_mapping){.start = start, .length = buffer.length};
  capture->mapped = index + 1;
  code = ml_ioctl(capture->fd, VIDIOC_QBUF, &buffer);
  return code == 0 ? 0 : failed(failure, code, "VIDIOC_QBUF");
}

static void release_buffers(struct ml_capture *capture) {
  for (uint32_t i = 0; i < capture->mapped; i++) munmap(capture->mappings[i].start, capture->mappings[i].length);
  capture->mapped = 0;
  struct v4l2_requestbuffers none = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .count = 0};
  ml_ioctl(capture->fd, VIDIOC_REQBUFS, &none);
}

static int stream(struct ml_capture *capture, struct ml_failure *failure) {
  struct v4l2_requestbuffers request = {
      .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .count = ML_BUFFERS};
  int code = ml_ioctl(capture->fd, VIDIOC_REQBUFS, &request);
  if (code != 0) return failed(failure, code, "VIDIOC_REQBUFS");
  uint32_t count = request.count < ML_BUFFERS ? request.count : ML_BUFFERS;
  for (uint32_t i = 0; i < count; i++) {
    code = map_one(capture, i, failure);
    if (code != 0) return code;
  }
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  code = ml_ioctl(capture->fd, VIDIOC_STREAMON, &type);
  return code == 0 ? 0 : failed(failure, code, "VIDIOC_STREAMON");
}

int ml_start(struct ml_capture *capture, struct ml_failure *failure) {
  int code = stream(capture, failure);
  if (code != 0) release_buffers(capture);
  capture->streaming = code == 0;
  return code;
}

/* Whether a dequeued buffer holds a frame; counts it as what it is when it does not. */
static bool holds_frame(const struct v4l2_buffer *buffer, struct ml_taken *taken) {
  bool flagged = (buffer->flags & V4L2_BUF_FLAG_ERROR) != 0;
  bool empty = !flagged && buffer->bytesused == 0;
  taken->flagged += flagged;
  taken->empty += empty;
  return !flagged && !empty;
}

/* The kernel's own stamp where it is on CLOCK_MONOTONIC; otherwise the time at which the frame was fetched. */
static int64_t taken_at_us(const struct v4l2_buffer *buffer) {
  if ((buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    return (int64_t)buffer->timestamp.tv_sec * 1000000 + buffer->timestamp.tv_usec;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void copy_frame(const struct ml_capture *capture, const struct v4l2_buffer *buffer, uint8_t *target,
                       uint32_t size, struct ml_taken *taken) {
  uint32_t length = capture->mappings[buffer->index].length;
  uint32_t bytes = buffer->bytesused < length ? buffer->bytesused : length;
  taken->bytes = bytes < size ? bytes : size;
  memcpy(target, capture->mappings[buffer->index].start, taken->bytes);
  taken->taken = true;
  taken->sequence = buffer->sequence;
  taken->taken_us = taken_at_us(buffer);
}

static int give_back(struct ml_capture *capture, struct v4l2_buffer *buffer, struct ml_failure *failure) {
  int code = ml_ioctl(capture->fd, VIDIOC_QBUF, buffer);
  return code == 0 ? 0 : failed(failure, code, "VIDIOC_QBUF");
}

int ml_take(struct ml_capture *capture, uint8_t *target, uint32_t size, struct ml_taken *taken,
            struct ml_failure *failure) {
  memset(taken, 0, sizeof *taken);
  struct v4l2_buffer newest = {0};
  bool holding = false;
  /* At most as many as there are buffers: a camera that is faster than this loop must not keep it for ever. */
  for (uint32_t turn = 0; turn < ML_BUFFERS; turn++) {
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int code = ml_ioctl(capture->fd, VIDIOC_DQBUF, &buffer);
    if (code == EAGAIN) break;
    if (code != 0) return failed(failure, code, "VIDIOC_DQBUF");
    if (buffer.index >= capture->mapped) return failed(failure, EPROTO, "VIDIOC_DQBUF");
    struct v4l2_buffer *back = &buffer;
    struct v4l2_buffer older;
    if (holds_frame(&buffer, taken)) {
      older = newest;
      newest = buffer;
      taken->skipped += holding;
      back = holding ? &older : NULL;
      holding = true;
    }
    if (back != NULL && (code = give_back(capture, back, failure)) != 0) return code;
  }
  if (!holding) return 0;
  copy_frame(capture, &newest, target, size, taken);
  return give_back(capture, &newest, failure);
}

void ml_close(struct ml_capture *capture) {
  if (capture->fd < 0) return;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (capture->streaming) {
    ml_ioctl(capture->fd, VIDIOC_STREAMOFF, &type);
    release_buffers(capture);
  }
  capture->streaming = false;
  close(capture->fd);
  capture->fd = -1;
}
