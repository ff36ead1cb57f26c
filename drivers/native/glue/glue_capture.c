#include "glue.h"
#include "../v4l2/v4l2_describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define PATH_SIZE 256

/* An open camera. JavaScript holds one share in it and the event loop another one while it polls; whoever lets go last
 * frees it. */
struct stream {
  struct ml_capture capture;
  int shares;
  bool polling;
  uv_poll_t poll;
  napi_env env;
  napi_ref on_ready;
  napi_async_context context;
  char path[PATH_SIZE];
};

static void let_go(struct stream *stream) {
  if (--stream->shares > 0) return;
  ml_close(&stream->capture);
  free(stream);
}

static void on_poll_closed(uv_handle_t *handle) { let_go(handle->data); }

static void stop(struct stream *stream) {
  if (stream->polling) {
    stream->polling = false;
    uv_poll_stop(&stream->poll);
    uv_close((uv_handle_t *)&stream->poll, on_poll_closed);
    napi_async_destroy(stream->env, stream->context);
    napi_delete_reference(stream->env, stream->on_ready);
  }
  ml_close(&stream->capture);
}

static void finalise(napi_env env, void *data, void *hint) {
  struct stream *stream = data;
  stop(stream);
  let_go(stream);
}

static struct stream *stream_of(napi_env env, napi_value value) {
  void *data = NULL;
  napi_get_value_external(env, value, &data);
  return data;
}

/* openCapture(path) → handle */
static napi_value open_capture(napi_env env, napi_callback_info call) {
  napi_value arguments[1], handle;
  glue_arguments(env, call, 1, arguments);
  struct stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) abort();
  glue_text(env, arguments[0], stream->path, sizeof stream->path);
  struct ml_failure failure;
  stream->env = env;
  stream->shares = 1;
  if (ml_open(stream->path, &stream->capture.fd, &failure) != 0) {
    glue_throw(env, &failure, stream->path);
    free(stream);
    return NULL;
  }
  napi_create_external(env, stream, finalise, NULL, &handle);
  return handle;
}

static napi_value format_object(napi_env env, const struct ml_format *format) {
  napi_value object = glue_object(env);
  char fourcc[5] = {0};
  for (int i = 0; i < 4; i++) fourcc[i] = (char)((format->fourcc >> (8 * i)) & 0x7f);
  glue_put_text(env, object, "fourcc", fourcc);
  glue_put_number(env, object, "width", format->width);
  glue_put_number(env, object, "height", format->height);
  glue_put_number(env, object, "strideBytes", format->stride);
  glue_put_number(env, object, "imageBytes", format->image_bytes);
  double seconds = format->interval_denominator == 0
                       ? 0
                       : (double)format->interval_numerator / format->interval_denominator;
  glue_put_number(env, object, "framesPerSecond", seconds > 0 ? 1 / seconds : 0);
  return object;
}

/* setFormat(handle, fourcc, width, height, framesPerSecond) → what was granted */
static napi_value set_format(napi_env env, napi_callback_info call) {
  napi_value arguments[5];
  char fourcc[8];
  glue_arguments(env, call, 5, arguments);
  struct stream *stream = stream_of(env, arguments[0]);
  glue_text(env, arguments[1], fourcc, sizeof fourcc);
  struct ml_failure failure;
  int code = ml_set_format(stream->capture.fd, v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]),
                           glue_uint(env, arguments[2]), glue_uint(env, arguments[3]), glue_uint(env, arguments[4]),
                           &stream->capture.format, &failure);
  return code == 0 ? format_object(env, &stream->capture.format) : glue_throw(env, &failure, stream->path);
}

/* Tells JavaScript that something waits: a frame, or, with a status below 0, the end of the stream. */
static void on_ready(uv_poll_t *poll, int status, int events) {
  struct stream *stream = poll->data;
  napi_env env = stream->env;
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_value function, resource = glue_object(env), argument = glue_number(env, status), result;
  napi_get_reference_value(env, stream->on_ready, &function);
  napi_make_callback(env, stream->context, resource, function, 1, &argument, &result);
  napi_close_handle_scope(env, scope);
}

static void begin_polling(napi_env env, struct stream *stream, napi_value function) {
  uv_loop_t *loop;
  napi_value name, resource = glue_object(env);
  napi_create_string_utf8(env, "matchlight:capture", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, resource, name, &stream->context);
  napi_create_reference(env, function, 1, &stream->on_ready);
  napi_get_uv_event_loop(env, &loop);
  stream->poll.data = stream;
  stream->shares++;
  stream->polling = true;
  uv_poll_init(loop, &stream->poll, stream->capture.fd);
  uv_poll_start(&stream->poll, UV_READABLE, on_ready);
}

/* startCapture(handle, onReady) */
static napi_value start_capture(napi_env env, napi_callback_info call) {
  napi_value arguments[2];
  glue_arguments(env, call, 2, arguments);
  struct stream *stream = stream_of(env, arguments[0]);
  struct ml_failure failure;
  if (ml_start(&stream->capture, &failure) != 0) return glue_throw(env, &failure, stream->path);
  begin_polling(env, stream, arguments[1]);
  return glue_undefined(env);
}

/* takeFrame(handle, target) → what was taken into target, and what was passed over */
static napi_value take_frame(napi_env env, napi_callback_info call) {
  napi_value arguments[2];
  glue_arguments(env, call, 2, arguments);
  struct stream *stream = stream_of(env, arguments[0]);
  void *target = NULL;
  size_t size = 0;
  napi_get_typedarray_info(env, arguments[1], NULL, &size, &target, NULL, NULL);
  struct ml_taken taken;
  struct ml_failure failure;
  if (ml_take(&stream->capture, target, (uint32_t)size, &taken, &failure) != 0)
    return glue_throw(env, &failure, stream->path);
  napi_value object = glue_object(env), truth;
  napi_get_boolean(env, taken.taken, &truth);
  glue_put(env, object, "taken", truth);
  glue_put_number(env, object, "bytes", taken.bytes);
  glue_put_number(env, object, "sequence", taken.sequence);
  glue_put_number(env, object, "takenAtUs", (double)taken.taken_us);
  glue_put_number(env, object, "skipped", taken.skipped);
  glue_put_number(env, object, "flagged", taken.flagged);
  glue_put_number(env, object, "empty", taken.empty);
  return object;
}

/* closeCapture(handle); may be called again */
static napi_value close_capture(napi_env env, napi_callback_info call) {
  napi_value arguments[1];
  glue_arguments(env, call, 1, arguments);
  stop(stream_of(env, arguments[0]));
  return glue_undefined(env);
}

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
    glue_put_text(env, format, "description", (const char *)description.description);
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
    glue_put_number(env, object, "type", control.type);
    glue_put_number(env, object, "minimum", control.minimum);
    glue_put_number(env, object, "maximum", control.maximum);
    glue_push(env, controls, count++, object);
  }
  return controls;
}

/* describeVideo(path) → {driver, card, busInfo, capabilities, formats, controls} */
static napi_value describe_video(napi_env env, napi_callback_info call) {
  napi_value arguments[1];
  char path[PATH_SIZE];
  glue_arguments(env, call, 1, arguments);
  glue_text(env, arguments[0], path, sizeof path);
  struct ml_failure failure;
  struct ml_node node;
  int fd;
  if (ml_open(path, &fd, &failure) != 0) return glue_throw(env, &failure, path);
  if (ml_describe(fd, &node, &failure) != 0) {
    close(fd);
    return glue_throw(env, &failure, path);
  }
  napi_value object = glue_object(env);
  glue_put_text(env, object, "driver", node.driver);
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
  char path[PATH_SIZE];
  glue_arguments(env, call, 3, arguments);
  glue_text(env, arguments[0], path, sizeof path);
  struct ml_failure failure;
  int fd;
  if (ml_open(path, &fd, &failure) != 0) return glue_throw(env, &failure, path);
  int code = ml_set_control(fd, glue_uint(env, arguments[1]), glue_int(env, arguments[2]), &failure);
  close(fd);
  return code == 0 ? glue_undefined(env) : glue_throw(env, &failure, path);
}

void glue_capture_exports(napi_env env, napi_value exports) {
  glue_export(env, exports, "describeVideo", describe_video);
  glue_export(env, exports, "setControl", set_control);
  glue_export(env, exports, "openCapture", open_capture);
  glue_export(env, exports, "setFormat", set_format);
  glue_export(env, exports, "startCapture", start_capture);
  glue_export(env, exports, "takeFrame", take_frame);
  glue_export(env, exports, "closeCapture", close_capture);
}
