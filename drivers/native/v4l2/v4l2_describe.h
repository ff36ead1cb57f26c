/* What a video node says of itself: plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_V4L2_DESCRIBE_H
#define MATCHLIGHT_V4L2_DESCRIBE_H

#include "v4l2.h"

#include <linux/videodev2.h>

/* The capabilities of this very node (not of the whole device) and its names. */
struct ml_node {
  char card[33];
  char bus_info[33];
  uint32_t capabilities;
};

int ml_describe(int fd, struct ml_node *node, struct ml_failure *failure);

/* The index-th pixel format of a buffer type; false when there are no more. */
bool ml_next_format(int fd, uint32_t type, uint32_t index, struct v4l2_fmtdesc *format);

/* The index-th size of a format; a range is told by its largest size. False when there are no more. */
bool ml_next_size(int fd, uint32_t fourcc, uint32_t index, uint32_t *width, uint32_t *height);

/* The control after `id` (0 for the first); false when there are no more. */
bool ml_next_control(int fd, uint32_t id, struct v4l2_queryctrl *control);

int ml_set_control(int fd, uint32_t id, int32_t value, struct ml_failure *failure);

#endif
