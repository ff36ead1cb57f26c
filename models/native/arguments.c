#include "arguments.h"

bool ml_ok(napi_env env, napi_status status) {
  bool pending = false;
  if (status == napi_ok) return true;
  if (napi_is_exception_pending(env, &pending) != napi_ok || !pending)
    napi_throw_error(env, NULL, "a call into JavaScript failed");
  return false;
}

static bool refuse(napi_env env, const char *message) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

bool ml_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  return napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok || refuse(env, "the arguments cannot be read");
}

bool ml_number(napi_env env, napi_value value, double *number) {
  return napi_get_value_double(env, value, number) == napi_ok || refuse(env, "an argument must be a number");
}

bool ml_bool(napi_env env, napi_value value, bool *truth) {
  return napi_get_value_bool(env, value, truth) == napi_ok || refuse(env, "an argument must be true or false");
}

static bool array_of(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length, void **data) {
  napi_typedarray_type type;
  bool is_array = false;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return false;
  return napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

bool ml_bytes(napi_env env, napi_value value, size_t length, uint8_t **bytes) {
  size_t given = 0;
  bool fits = array_of(env, value, napi_uint8_array, &given, (void **)bytes) && given >= length;
  return fits || refuse(env, "an argument must be a Uint8Array with a value for each pixel");
}

bool ml_shorts(napi_env env, napi_value value, size_t length, uint16_t **shorts) {
  size_t given = 0;
  bool fits = array_of(env, value, napi_uint16_array, &given, (void **)shorts) && given >= length;
  return fits || refuse(env, "an argument must be a Uint16Array with a value for each pixel");
}

bool ml_doubles(napi_env env, napi_value value, size_t length, double **doubles) {
  size_t given = 0;
  bool fits = array_of(env, value, napi_float64_array, &given, (void **)doubles) && given == length;
  return fits || refuse(env, "an argument must be a Float64Array with a value for each sum");
}

bool ml_floats(napi_env env, napi_value value, size_t length, float **floats) {
  size_t given = 0;
  bool fits = array_of(env, value, napi_float32_array, &given, (void **)floats) && given == length;
  return fits || refuse(env, "an argument must be a Float32Array with a value for each pixel");
}
