/* Streaming capture over V4L2: plain C that knows no JavaScript. Every function returns 0 or an errno; `step` then names
 * the system call or ioctl that failed. Nothing here waits: descriptors are non-blocking. */
#ifndef MATCHLIGHT_V4L2_H
#define MATCHLIGHT_V4L2_H

#include <stdbool.h>
#include <stdint.h>

#define ML_BUFFERS 4

struct ml_failure {
  int code;
  const char *step;
};

/* What is asked of a camera, and what it granted. A stride of 0 means a compressed format. */
struct ml_format {
  uint32_t fourcc;
  uint32_t width;
  uint32_t height;
  uint32_t stride;
  uint32_t image_bytes;
  /* Seconds for one frame as a fraction; a denominator of 0 means that the camera does not say. */
  uint32_t interval_numerator;
  uint32_t interval_denominator;
};

struct ml_mapping {
  void *start;
  uint32_t length;
};

struct ml_capture {
  int fd;
  bool streaming;
  struct ml_format format;
  uint32_t mapped;
  struct ml_mapping mappings[ML_BUFFERS];
};

/* The newest frame that was waiting, and what was passed over to get to it. */
struct ml_taken {
  bool taken;
  uint32_t bytes;
  uint32_t sequence;
  /* CLOCK_MONOTONIC, in microseconds, as the kernel stamped it. */
  int64_t taken_us;
  /* Older frames that were given back unseen, frames flagged as wrong by the driver, and frames without bytes. */
  uint32_t skipped;
  uint32_t flagged;
  uint32_t empty;
};

int ml_open(const char *path, int *fd, struct ml_failure *failure);
int ml_ioctl(int fd, unsigned long request, void *argument);

/* Sets format and frame rate (0 leaves it alone) and reads back what the driver made of them. */
int ml_set_format(int fd, uint32_t fourcc, uint32_t width, uint32_t height, uint32_t fps, struct ml_format *granted,
                  struct ml_failure *failure);

/* Maps the buffers, queues them and starts the stream. What was mapped by a failed start is unmapped again. */
int ml_start(struct ml_capture *capture, struct ml_failure *failure);

/* Takes the newest waiting frame into `target`; gives every buffer back to the driver before it returns. */
int ml_take(struct ml_capture *capture, uint8_t *target, uint32_t size, struct ml_taken *taken,
            struct ml_failure *failure);

/* Stops the stream, unmaps and closes. Can be called on a capture in any state, more than once. */
void ml_close(struct ml_capture *capture);

#endif
