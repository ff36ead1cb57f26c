/* Between JavaScript and the plain C files: argument reading, results, errors. */
#ifndef MATCHLIGHT_GLUE_H
#define MATCHLIGHT_GLUE_H

#include "../v4l2/v4l2.h"

#include <node_api.h>

/* Throws an Error with `code` ("ENODEV"), `errno` and `syscall`, as Node's own system errors have them. */
napi_value glue_throw(napi_env env, const struct ml_failure *failure, const char *path);

/* The arguments of a call; missing ones are undefined. */
void glue_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

uint32_t glue_uint(napi_env env, napi_value value);
int32_t glue_int(napi_env env, napi_value value);
bool glue_bool(napi_env env, napi_value value);
bool glue_text(napi_env env, napi_value value, char *text, size_t size);

void glue_put_number(napi_env env, napi_value object, const char *name, double value);
void glue_put_text(napi_env env, napi_value object, const char *name, const char *text);
void glue_put(napi_env env, napi_value object, const char *name, napi_value value);
void glue_push(napi_env env, napi_value array, uint32_t index, napi_value value);
napi_value glue_object(napi_env env);
napi_value glue_array(napi_env env);
napi_value glue_number(napi_env env, double value);
napi_value glue_undefined(napi_env env);

void glue_export(napi_env env, napi_value exports, const char *name, napi_callback function);

/* Each part adds its functions to the module. */
void glue_capture_exports(napi_env env, napi_value exports);
void glue_gpio_exports(napi_env env, napi_value exports);
void glue_process_exports(napi_env env, napi_value exports);

#endif
