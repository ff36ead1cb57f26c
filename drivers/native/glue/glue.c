#include "glue.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

bool glue_ok(napi_env env, napi_status status) {
  bool pending = false;
  if (status == napi_ok) return true;
  if (napi_is_exception_pending(env, &pending) != napi_ok || !pending)
    napi_throw_error(env, NULL, "a call into JavaScript failed");
  return false;
}

bool glue_refuse(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

napi_value glue_throw(napi_env env, const struct ml_failure *failure, const char *path) {
  char message[512];
  const char *name = uv_err_name(-failure->code);
  snprintf(message, sizeof message, "%s: %s, %s '%s'", name, uv_strerror(-failure->code), failure->step, path);
  napi_value text = NULL, error = NULL;
  if (!glue_ok(env, napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text)) ||
      !glue_ok(env, napi_create_error(env, NULL, text, &error)))
    return NULL;
  glue_put_text(env, error, "code", name);
  glue_put_text(env, error, "syscall", failure->step);
  glue_put_text(env, error, "path", path);
  glue_put_number(env, error, "errno", -failure->code);
  glue_ok(env, napi_throw(env, error));
  return NULL;
}

bool glue_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  return glue_ok(env, napi_get_cb_info(env, info, &given, values, NULL, NULL));
}

bool glue_uint(napi_env env, napi_value value, uint32_t *number) {
  return napi_get_value_uint32(env, value, number) == napi_ok || glue_refuse(env, "an argument must be a number");
}

bool glue_int(napi_env env, napi_value value, int32_t *number) {
  return napi_get_value_int32(env, value, number) == napi_ok || glue_refuse(env, "an argument must be a number");
}

bool glue_bool(napi_env env, napi_value value, bool *truth) {
  return napi_get_value_bool(env, value, truth) == napi_ok || glue_refuse(env, "an argument must be true or false");
}

bool glue_text(napi_env env, napi_value value, char *text, size_t size) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok)
    return glue_refuse(env, "an argument must be a text");
  if (length >= size) return glue_refuse(env, "a text is too long");
  return glue_ok(env, napi_get_value_string_utf8(env, value, text, size, &length));
}

void glue_put(napi_env env, napi_value object, const char *name, napi_value value) {
  glue_ok(env, napi_set_named_property(env, object, name, value));
}

void glue_put_number(napi_env env, napi_value object, const char *name, double value) {
  glue_put(env, object, name, glue_number(env, value));
}

void glue_put_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value = NULL;
  /* Names of hardware are bytes of no promised encoding; Latin-1 reads any of them. */
  glue_ok(env, napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &value));
  glue_put(env, object, name, value);
}

void glue_push(napi_env env, napi_value array, uint32_t index, napi_value value) {
  glue_ok(env, napi_set_element(env, array, index, value));
}

napi_value glue_object(napi_env env) {
  napi_value object = NULL;
  glue_ok(env, napi_create_object(env, &object));
  return object;
}

napi_value glue_array(napi_env env) {
  napi_value array = NULL;
  glue_ok(env, napi_create_array(env, &array));
  return array;
}

napi_value glue_number(napi_env env, double value) {
  napi_value number = NULL;
  glue_ok(env, napi_create_double(env, value, &number));
  return number;
}

napi_value glue_truth(napi_env env, bool value) {
  napi_value truth = NULL;
  glue_ok(env, napi_get_boolean(env, value, &truth));
  return truth;
}

napi_value glue_undefined(napi_env env) {
  napi_value nothing = NULL;
  glue_ok(env, napi_get_undefined(env, &nothing));
  return nothing;
}

void glue_export(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value = NULL;
  glue_ok(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value));
  glue_put(env, exports, name, value);
}
