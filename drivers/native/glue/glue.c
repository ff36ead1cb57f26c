#include "glue.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

napi_value glue_throw(napi_env env, const struct ml_failure *failure, const char *path) {
  char message[512];
  const char *name = uv_err_name(-failure->code);
  snprintf(message, sizeof message, "%s: %s, %s '%s'", name, uv_strerror(-failure->code), failure->step, path);
  napi_value text, error;
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_error(env, NULL, text, &error);
  glue_put_text(env, error, "code", name);
  glue_put_text(env, error, "syscall", failure->step);
  glue_put_text(env, error, "path", path);
  glue_put_number(env, error, "errno", -failure->code);
  napi_throw(env, error);
  return NULL;
}

void glue_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  napi_get_cb_info(env, info, &given, values, NULL, NULL);
}

uint32_t glue_uint(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

int32_t glue_int(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

bool glue_bool(napi_env env, napi_value value) {
  bool truth = false;
  napi_get_value_bool(env, value, &truth);
  return truth;
}

bool glue_text(napi_env env, napi_value value, char *text, size_t size) {
  size_t length = 0;
  text[0] = '\0';
  return napi_get_value_string_utf8(env, value, text, size, &length) == napi_ok && length < size - 1;
}

void glue_put(napi_env env, napi_value object, const char *name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

void glue_put_number(napi_env env, napi_value object, const char *name, double value) {
  glue_put(env, object, name, glue_number(env, value));
}

void glue_put_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  /* Names of hardware are bytes of no promised encoding; Latin-1 reads any of them. */
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &value);
  glue_put(env, object, name, value);
}

void glue_push(napi_env env, napi_value array, uint32_t index, napi_value value) {
  napi_set_element(env, array, index, value);
}

napi_value glue_object(napi_env env) {
  napi_value object;
  napi_create_object(env, &object);
  return object;
}

napi_value glue_array(napi_env env) {
  napi_value array;
  napi_create_array(env, &array);
  return array;
}

napi_value glue_number(napi_env env, double value) {
  napi_value number;
  napi_create_double(env, value, &number);
  return number;
}

napi_value glue_undefined(napi_env env) {
  napi_value nothing;
  napi_get_undefined(env, &nothing);
  return nothing;
}

void glue_export(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
  glue_put(env, exports, name, value);
}
