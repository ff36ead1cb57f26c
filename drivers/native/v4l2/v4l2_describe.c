#include "v4l2_describe.h"

#include <string.h>

int ml_describe(int fd, struct ml_node *node, struct ml_failure *failure) {
  struct v4l2_capability answer = {0};
  int code = ml_ioctl(fd, VIDIOC_QUERYCAP, &answer);
  if (code != 0) {
    *failure = (struct ml_failure){.code = code, .step = "VIDIOC_QUERYCAP"};
    return code;
  }
  memset(node, 0, sizeof *node);
  memcpy(node->card, answer.card, sizeof node->card - 1);
  memcpy(node->bus_info, answer.bus_info, sizeof node->bus_info - 1);
  bool own = (answer.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  node->capabilities = own ? answer.device_caps : answer.capabilities;
  return 0;
}

bool ml_next_format(int fd, uint32_t type, uint32_t index, struct v4l2_fmtdesc *format) {
  memset(format, 0, sizeof *format);
  format->type = type;
  format->index = index;
  return ml_ioctl(fd, VIDIOC_ENUM_FMT, format) == 0;
}

bool ml_next_size(int fd, uint32_t fourcc, uint32_t index, uint32_t *width, uint32_t *height) {
  struct v4l2_frmsizeenum size = {.index = index, .pixel_format = fourcc};
  if (ml_ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &size) != 0) return false;
  if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE && index > 0) return false;
  bool discrete = size.type == V4L2_FRMSIZE_TYPE_DISCRETE;
  *width = discrete ? size.discrete.width : size.stepwise.max_width;
  *height = discrete ? size.discrete.height : size.stepwise.max_height;
  return true;
}

bool ml_next_control(int fd, uint32_t id, struct v4l2_queryctrl *control) {
  memset(control, 0, sizeof *control);
  control->id = id | V4L2_CTRL_FLAG_NEXT_CTRL;
  return ml_ioctl(fd, VIDIOC_QUERYCTRL, control) == 0;
}

int ml_set_control(int fd, uint32_t id, int32_t value, struct ml_failure *failure) {
  struct v4l2_control control = {.id = id, .value = value};
  int code = ml_ioctl(fd, VIDIOC_S_CTRL, &control);
  if (code != 0) *failure = (struct ml_failure){.code = code, .step = "VIDIOC_S_CTRL"};
  return code;
}
