#include "glue.h"

#include <linux/videodev2.h>
#include <stdlib.h>
#include <uv.h>

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
  char path[GLUE_PATH_SIZE];
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
    /* While the environment ends both may be refused; it frees them itself. */
    (void)napi_async_destroy(stream->env, stream->context);
    (void)napi_delete_reference(stream->env, stream->on_ready);
  }
  ml_close(&stream->capture);
}

static void finalise(napi_env env, void *data, void *hint) {
  struct stream *stream = data;
  stop(stream);
  let_go(stream);
}

/* The stream of a handle, or NULL and a TypeError. */
static struct stream *stream_of(napi_env env, napi_value value) {
  void *data = NULL;
  if (napi_get_value_external(env, value, &data) != napi_ok || data == NULL) {
    glue_refuse(env, "an argument must be a capture");
    return NULL;
  }
  return data;
}

/* openCapture(path) → handle */
static napi_value open_capture(napi_env env, napi_callback_info call) {
  napi_value arguments[1], handle = NULL;
  if (!glue_arguments(env, call, 1, arguments)) return NULL;
  struct stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) abort();
  if (!glue_text(env, arguments[0], stream->path, sizeof stream->path)) {
    free(stream);
    return NULL;
  }
  struct ml_failure failure;
  stream->env = env;
  stream->shares = 1;
  if (ml_open(stream->path, &stream->capture.fd, &failure) != 0) {
    glue_throw(env, &failure, stream->path);
    free(stream);
    return NULL;
  }
  if (!glue_ok(env, napi_create_external(env, stream, finalise, NULL, &handle))) let_go(stream);
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
  char fourcc[8] = {0};
  uint32_t width, height, rate;
  if (!glue_arguments(env, call, 5, arguments)) return NULL;
  struct stream *stream = stream_of(env, arguments[0]);
  if (stream == NULL || !glue_text(env, arguments[1], fourcc, sizeof fourcc) ||
      !glue_uint(env, arguments[2], &width) || !glue_uint(env, arguments[3], &height) ||
      !glue_uint(env, arguments[4], &rate))
    return NULL;
  struct ml_failure failure;
  int code = ml_set_format(stream->capture.fd, v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]), width,
                           height, rate, &stream->capture.format, &failure);
  return code == 0 ? format_object(env, &stream->capture.format) : glue_throw(env, &failure, stream->path);
}

/* Tells JavaScript that something waits: a frame, or, with a status below 0, the end of the stream. */
static void on_ready(uv_poll_t *poll, int status, int events) {
  struct stream *stream = poll->data;
  napi_env env = stream->env;
  napi_handle_scope scope;
  napi_value function = NULL, error = NULL;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value resource = glue_object(env), argument = glue_number(env, status);
  napi_status called = napi_get_reference_value(env, stream->on_ready, &function);
  if (called == napi_ok) called = napi_make_callback(env, stream->context, resource, function, 1, &argument, NULL);
  /* Nobody calls this function who could catch what the callback throws: it is an uncaught exception. */
  if (called == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok)
    (void)napi_fatal_exception(env, error);
  (void)napi_close_handle_scope(env, scope);
}

/* Whether the callback can be called: where it cannot, an exception is thrown and nothing is held. */
static bool hold_callback(napi_env env, struct stream *stream, napi_value function) {
  napi_value name = NULL, resource = glue_object(env);
  if (!glue_ok(env, napi_create_string_utf8(env, "matchlight:capture", NAPI_AUTO_LENGTH, &name)) ||
      !glue_ok(env, napi_async_init(env, resource, name, &stream->context)))
    return false;
  if (glue_ok(env, napi_create_reference(env, function, 1, &stream->on_ready))) return true;
  (void)napi_async_destroy(env, stream->context);
  return false;
}

static bool begin_polling(napi_env env, struct stream *stream, napi_value function) {
  uv_loop_t *loop = NULL;
  if (!glue_ok(env, napi_get_uv_event_loop(env, &loop)) || !hold_callback(env, stream, function)) return false;
  int code = uv_poll_init(loop, &stream->poll, stream->capture.fd);
  if (code == 0) {
    stream->poll.data = stream;
    stream->shares++;
    stream->polling = true;
    code = uv_poll_start(&stream->poll, UV_READABLE, on_ready);
  } else {
    (void)napi_async_destroy(env, stream->context);
    (void)napi_delete_reference(env, stream->on_ready);
  }
  if (code == 0) return true;
  struct ml_failure failure = {.code = -code, .step = "uv_poll"};
  glue_throw(env, &failure, stream->path);
  return false;
}

/* startCapture(handle, onReady) */
static napi_value start_capture(napi_env env, napi_callback_info call) {
  napi_value arguments[2];
  napi_valuetype type = napi_undefined;
  if (!glue_arguments(env, call, 2, arguments)) return NULL;
  struct stream *stream = stream_of(env, arguments[0]);
  if (stream == NULL || !glue_ok(env, napi_typeof(env, arguments[1], &type))) return NULL;
  if (type != napi_function) {
    glue_refuse(env, "an argument must be a function");
    return NULL;
  }
  struct ml_failure failure;
  if (ml_start(&stream->capture, &failure) != 0) return glue_throw(env, &failure, stream->path);
  if (begin_polling(env, stream, arguments[1])) return glue_undefined(env);
  stop(stream);
  return NULL;
}

/* takeFrame(handle, target) → what was taken into target, and what was passed over */
static napi_value take_frame(napi_env env, napi_callback_info call) {
  napi_value arguments[2];
  napi_typedarray_type type;
  void *target = NULL;
  size_t size = 0;
  if (!glue_arguments(env, call, 2, arguments)) return NULL;
  struct stream *stream = stream_of(env, arguments[0]);
  if (stream == NULL) return NULL;
  if (napi_get_typedarray_info(env, arguments[1], &type, &size, &target, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    glue_refuse(env, "an argument must be a Uint8Array");
    return NULL;
  }
  struct ml_taken taken;
  struct ml_failure failure;
  if (ml_take(&stream->capture, target, (uint32_t)size, &taken, &failure) != 0)
    return glue_throw(env, &failure, stream->path);
  napi_value object = glue_object(env);
  glue_put(env, object, "taken", glue_truth(env, taken.taken));
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
  if (!glue_arguments(env, call, 1, arguments)) return NULL;
  struct stream *stream = stream_of(env, arguments[0]);
  if (stream == NULL) return NULL;
  stop(stream);
  return glue_undefined(env);
}

void glue_capture_exports(napi_env env, napi_value exports) {
  glue_export(env, exports, "openCapture", open_capture);
  glue_export(env, exports, "setFormat", set_format);
  glue_export(env, exports, "startCapture", start_capture);
  glue_export(env, exports, "takeFrame", take_frame);
  glue_export(env, exports, "closeCapture", close_capture);
}
