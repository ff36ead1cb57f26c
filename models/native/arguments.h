/* Reads the arguments of calls from JavaScript. Each function throws a TypeError and returns false if one does not fit. */
#ifndef MATCHLIGHT_ARGUMENTS_H
#define MATCHLIGHT_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>

/* Whether a call of Node-API worked; where it did not, an exception is thrown. */
bool ml_ok(napi_env env, napi_status status);

bool ml_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool ml_number(napi_env env, napi_value value, double *number);
bool ml_bool(napi_env env, napi_value value, bool *truth);
/* The bytes of a Uint8Array and the numbers of a Uint16Array of at least `length`; those of a Float32Array or
 * Float64Array of exactly that. */
bool ml_bytes(napi_env env, napi_value value, size_t length, uint8_t **bytes);
bool ml_shorts(napi_env env, napi_value value, size_t length, uint16_t **shorts);
bool ml_doubles(napi_env env, napi_value value, size_t length, double **doubles);
bool ml_floats(napi_env env, napi_value value, size_t length, float **floats);

#endif
