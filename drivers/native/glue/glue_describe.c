#include "glue.h"
#include "../v4l2/v4l2_describe.h"

#include <unistd.h>

static napi_value sizes_array(napi_env env, int fd, uint32_t fourcc) {
  napi_value sizes = glue_array(env);
  uint32_t width, height;
  for (uint32_t i = 0; i < 64 && ml_next_size(fd, fourcc, i, &width, &height); i++) {
    napi_value size = glue_object(env);
    glue_put_number(env, size, "width", width);
    glue_put_number(env, size, "height", height);
    glue_push(env, sizes, i, size);
  }
  return sizes;
}

static napi_value formats_array(napi_env env, int fd) {
  napi_value formats = glue_array(env);
  struct v4l2_fmtdesc description;
  for (uint32_t i = 0; i < 64 && ml_next_format(fd, V4L2_BUF_TYPE_VIDEO_CAPTURE, i, &description); i++) {
    napi_value format = glue_object(env);
    char fourcc[5] = {0};
    for (int byte = 0; byte < 4; byte++) fourcc[byte] = (char)((description.pixelformat >> (8 * byte)) & 0x7f);
    glue_put_text(env, format, "fourcc", fourcc);
    glue_put(env, format, "sizes", sizes_array(env, fd, description.pixelformat));
    glue_push(env, formats, i, format);
  }
  return formats;
}

static napi_value controls_array(napi_env env, int fd) {
  napi_value controls = glue_array(env);
  struct v4l2_queryctrl control;
  uint32_t count = 0;
  for (uint32_t id = 0, turn = 0; turn < 256 && ml_next_control(fd, id, &control); turn++, id = control.id) {
    if (control.flags & V4L2_CTRL_FLAG_DISABLED) continue;
    napi_value object = glue_object(env);
    glue_put_number(env, object, "id", control.id);
    glue_put_text(env, object, "name", (const char *)control.name);
    glue_push(env, controls, count++, object);
  }
  return controls;
}

/* describeVideo(path) → {card, busInfo, capabilities, formats, controls} */
static napi_value describe_video(napi_env env, napi_callback_info call) {
  napi_value arguments[1];
  char path[GLUE_PATH_SIZE];
  if (!glue_arguments(env, call, 1, arguments) || !glue_text(env, arguments[0], path, sizeof path)) return NULL;
  struct ml_failure failure;
  struct ml_node node;
  int fd;
  if (ml_open(path, &fd, &failure) != 0) return glue_throw(env, &failure, path);
  if (ml_describe(fd, &node, &failure) != 0) {
    close(fd);
    return glue_throw(env, &failure, path);
  }
  napi_value object = glue_object(env);
  glue_put_text(env, object, "card", node.card);
  glue_put_text(env, object, "busInfo", node.bus_info);
  glue_put_number(env, object, "capabilities", node.capabilities);
  glue_put(env, object, "formats", formats_array(env, fd));
  glue_put(env, object, "controls", controls_array(env, fd));
  close(fd);
  return object;
}

/* setControl(path, id, value): on a descriptor of its own, so that it works beside a running capture */
static napi_value set_control(napi_env env, napi_callback_info call) {
  napi_value arguments[3];
  char path[GLUE_PATH_SIZE];
  uint32_t id;
  int32_t value;
  if (!glue_arguments(env, call, 3, arguments) || !glue_text(env, arguments[0], path, sizeof path) ||
      !glue_uint(env, arguments[1], &id) || !glue_int(env, arguments[2], &value))
    return NULL;
  struct ml_failure failure;
  int fd;
  if (ml_open(path, &fd, &failure) != 0) return glue_throw(env, &failure, path);
  int code = ml_set_control(fd, id, value, &failure);
  close(fd);
  return code == 0 ? glue_undefined(env) : glue_throw(env, &failure, path);
}

void glue_describe_exports(napi_env env, napi_value exports) {
  glue_export(env, exports, "describeVideo", describe_video);
  glue_export(env, exports, "setControl", set_control);
}
