/* A camera that is not there, for tests: loaded with LD_PRELOAD it answers for one V4L2 capture node that plays JPEGs, and
 * misbehaves as told, in ways that the kernel's own test driver cannot.
 *
 *   FAKE_V4L2_DEV      what the node's path begins with, for example /tmp/x/dev/video
 *   FAKE_V4L2_FILM     a folder with 000.jpg, 001.jpg, … that is played in a loop
 *   FAKE_V4L2_FPS      frames a second
 *   FAKE_V4L2_CONTROL  a file, read at every frame and every ioctl: "<mode> <node>", where mode is play, stall, error,
 *                      empty, short, gap, busy, or unplug, and node is the path under which the camera is there now
 *   FAKE_V4L2_COUNTS   a file that is written at every close: opened closed mapped unmapped queued dequeued
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 4
#define IMAGE_BYTES (1280 * 720 * 2)
#define FILM_LIMIT 64

struct picture {
  uint8_t *bytes;
  uint32_t length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int camera = -1;
static bool streaming;
static uintptr_t stream;
static uint8_t *memory[BUFFERS];
static bool queued[BUFFERS];
static struct v4l2_buffer done[BUFFERS];
static unsigned done_count;
static uint32_t sequence;
static struct picture film[FILM_LIMIT];
static unsigned film_length;
static unsigned long opened, closed, mapped, unmapped, queues, dequeues;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_ioctl)(int, unsigned long, ...);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static int (*real_munmap)(void *, size_t);

__attribute__((constructor)) static void find_real(void) {
  real_open = dlsym(RTLD_NEXT, "open");
  real_close = dlsym(RTLD_NEXT, "close");
  real_ioctl = dlsym(RTLD_NEXT, "ioctl");
  real_mmap = dlsym(RTLD_NEXT, "mmap");
  real_munmap = dlsym(RTLD_NEXT, "munmap");
}

static void read_control(char *mode, char *node) {
  strcpy(mode, "unplug");
  node[0] = '\0';
  int fd = real_open(getenv("FAKE_V4L2_CONTROL"), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  char text[512] = {0};
  if (read(fd, text, sizeof text - 1) > 0) sscanf(text, "%31s %255s", mode, node);
  real_close(fd);
}

static bool mode_is(const char *wanted) {
  char mode[32], node[256];
  read_control(mode, node);
  return strcmp(mode, wanted) == 0;
}

static void load_film(void) {
  for (; film_length < FILM_LIMIT; film_length++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%03u.jpg", getenv("FAKE_V4L2_FILM"), film_length);
    int fd = real_open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct picture *picture = &film[film_length];
    picture->bytes = malloc(IMAGE_BYTES);
    picture->length = (uint32_t)read(fd, picture->bytes, IMAGE_BYTES);
    real_close(fd);
  }
}

static void wake(void) {
  uint64_t one = 1;
  if (write(camera, &one, sizeof one) < 0) return;
}

/* Fills the first queued buffer with the next picture, as a driver's interrupt would. Called with the lock held. */
static void expose(const char *mode) {
  uint32_t number = sequence++;
  if (strcmp(mode, "stall") == 0) return;
  if (strcmp(mode, "gap") == 0 && number % 3 != 0) return;
  unsigned index = 0;
  while (index < BUFFERS && !queued[index]) index++;
  if (index == BUFFERS) return;
  const struct picture *picture = &film[number % film_length];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct v4l2_buffer buffer = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
  buffer.sequence = number;
  buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (strcmp(mode, "error") == 0 ? V4L2_BUF_FLAG_ERROR : 0);
  buffer.timestamp.tv_sec = now.tv_sec;
  buffer.timestamp.tv_usec = now.tv_nsec / 1000;
  buffer.bytesused = strcmp(mode, "empty") == 0 ? 0 : picture->length;
  if (strcmp(mode, "short") == 0) buffer.bytesused /= 3;
  memcpy(memory[index], picture->bytes, buffer.bytesused);
  queued[index] = false;
  done[done_count++] = buffer;
  wake();
}

/* One thread for each stream: a stream that was stopped and started again has another number, and its old thread ends. */
static void *play(void *number) {
  const struct timespec pause = {.tv_nsec = 1000000000L / atoi(getenv("FAKE_V4L2_FPS"))};
  for (bool on = true; on;) {
    nanosleep(&pause, NULL);
    char mode[32], node[256];
    read_control(mode, node);
    pthread_mutex_lock(&lock);
    on = streaming && stream == (uintptr_t)number;
    if (on && strcmp(mode, "unplug") == 0) wake();
    else if (on) expose(mode);
    pthread_mutex_unlock(&lock);
  }
  return number;
}

static int fail(int code) {
  errno = code;
  return -1;
}

static int start(void) {
  if (film_length == 0) load_film();
  sequence = 0;
  done_count = 0;
  streaming = true;
  stream++;
  pthread_t thread;
  pthread_create(&thread, NULL, play, (void *)stream);
  pthread_detach(thread);
  return 0;
}

static int dequeue(struct v4l2_buffer *buffer) {
  uint64_t signals;
  if (done_count == 0) {
    if (read(camera, &signals, sizeof signals) < 0) return fail(EAGAIN);
    return fail(EAGAIN);
  }
  *buffer = done[0];
  memmove(done, done + 1, --done_count * sizeof *done);
  dequeues++;
  return 0;
}

static int capability(struct v4l2_capability *answer) {
  memset(answer, 0, sizeof *answer);
  strcpy((char *)answer->driver, "fake");
  strcpy((char *)answer->card, "Fake Webcam");
  strcpy((char *)answer->bus_info, "usb-fake-1");
  answer->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  answer->capabilities = answer->device_caps | V4L2_CAP_DEVICE_CAPS;
  return 0;
}

static int set_format(struct v4l2_format *format) {
  struct v4l2_pix_format *pixels = &format->fmt.pix;
  if (mode_is("busy")) return fail(EBUSY);
  pixels->pixelformat = V4L2_PIX_FMT_MJPEG;
  pixels->width = 360;
  pixels->height = 288;
  pixels->bytesperline = 0;
  pixels->sizeimage = IMAGE_BYTES;
  return 0;
}

static int query_buffer(struct v4l2_buffer *buffer) {
  if (buffer->index >= BUFFERS) return fail(EINVAL);
  buffer->length = IMAGE_BYTES;
  buffer->m.offset = buffer->index * IMAGE_BYTES;
  return 0;
}

static int answer(unsigned long request, void *argument) {
  struct v4l2_fmtdesc *description = argument;
  struct v4l2_buffer *buffer = argument;
  switch (request) {
    case VIDIOC_QUERYCAP:
      return capability(argument);
    case VIDIOC_ENUM_FMT:
      if (description->index > 0) return fail(EINVAL);
      description->pixelformat = V4L2_PIX_FMT_MJPEG;
      strcpy((char *)description->description, "Motion-JPEG");
      return 0;
    case VIDIOC_S_FMT:
      return set_format(argument);
    case VIDIOC_REQBUFS:
      memset(queued, 0, sizeof queued);
      return 0;
    case VIDIOC_QUERYBUF:
      return query_buffer(buffer);
    case VIDIOC_QBUF:
      queued[buffer->index] = true;
      queues++;
      return 0;
    case VIDIOC_DQBUF:
      return dequeue(buffer);
    case VIDIOC_STREAMON:
      return start();
    case VIDIOC_STREAMOFF:
      streaming = false;
      done_count = 0;
      return 0;
    default:
      return fail(ENOTTY);
  }
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (fd < 0 || fd != camera) return real_ioctl(fd, request, argument);
  bool stopping = request == VIDIOC_STREAMOFF || request == VIDIOC_REQBUFS;
  if (!stopping && mode_is("unplug")) return fail(ENODEV);
  pthread_mutex_lock(&lock);
  int result = answer(request, argument);
  pthread_mutex_unlock(&lock);
  return result;
}

static int open_fake(const char *path) {
  char mode[32], node[256];
  read_control(mode, node);
  if (strcmp(mode, "unplug") == 0 || strcmp(node, path) != 0) return fail(ENOENT);
  if (camera >= 0) return fail(EBUSY);
  opened++;
  camera = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return camera;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  const char *prefix = getenv("FAKE_V4L2_DEV");
  if (prefix != NULL && strncmp(path, prefix, strlen(prefix)) == 0) return open_fake(path);
  return real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  return open(path, flags, mode);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if (fd < 0 || fd != camera) return real_mmap(address, length, protection, flags, fd, offset);
  mapped++;
  uint8_t *start = real_mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memory[offset / IMAGE_BYTES] = start;
  return start;
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

int munmap(void *address, size_t length) {
  for (unsigned i = 0; i < BUFFERS; i++) {
    if (address == NULL || memory[i] != address) continue;
    pthread_mutex_lock(&lock);
    memory[i] = NULL;
    queued[i] = false;
    unmapped++;
    pthread_mutex_unlock(&lock);
  }
  return real_munmap(address, length);
}

static void write_counts(void) {
  FILE *file = fopen(getenv("FAKE_V4L2_COUNTS"), "w");
  if (file == NULL) return;
  fprintf(file, "%lu %lu %lu %lu %lu %lu\n", opened, closed, mapped, unmapped, queues, dequeues);
  fclose(file);
}

int close(int fd) {
  if (fd < 0 || fd != camera) return real_close(fd);
  pthread_mutex_lock(&lock);
  streaming = false;
  camera = -1;
  closed++;
  write_counts();
  pthread_mutex_unlock(&lock);
  return real_close(fd);
}
