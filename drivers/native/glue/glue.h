/* Between JavaScript and the plain C files: argument reading, results, errors. */
#ifndef MATCHLIGHT_GLUE_H
#define MATCHLIGHT_GLUE_H

#include "../v4l2/v4l2.h"

#include <node_api.h>

/* Throws an Error with `code` ("ENODEV"), `errno` and `syscall`, as Node's own system errors have them. */
napi_value glue_throw(napi_env env, const struct ml_failure *failure, const char *path);

/* A path of a device, with its end. */
#define GLUE_PATH_SIZE 256

/* Whether a call of Node-API worked; where it did not, an exception is thrown. */
bool glue_ok(napi_env env, napi_status status);
/* Throws a TypeError. Always false. */
bool glue_refuse(napi_env env, const char *message);

/* The arguments of a call; missing ones are undefined. */
bool glue_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

/* Each reads an argument, or throws a TypeError and is false. */
bool glue_uint(napi_env env, napi_value value, uint32_t *number);
bool glue_int(napi_env env, napi_value value, int32_t *number);
bool glue_bool(napi_env env, napi_value value, bool *truth);
/* A text that does not fit is refused, not cut. */
bool glue_text(napi_env env, napi_value value, char *text, size_t size);

void glue_put_number(napi_env env, napi_value object, const char *name, double value);
void glue_put_text(napi_env env, napi_value object, const char *name, const char *text);
void glue_put(napi_env env, napi_value object, const char *name, napi_value value);
void glue_push(napi_env env, napi_value array, uint32_t index, napi_value value);
napi_value glue_object(napi_env env);
napi_value glue_array(napi_env env);
napi_value glue_number(napi_env env, double value);
napi_value glue_truth(napi_env env, bool value);
napi_value glue_undefined(napi_env env);

void glue_export(napi_env env, napi_value exports, const char *name, napi_callback function);

/* Each part adds its functions to the module. */
void glue_describe_exports(napi_env env, napi_value exports);
void glue_capture_exports(napi_env env, napi_value exports);
void glue_gpio_exports(napi_env env, napi_value exports);
void glue_process_exports(napi_env env, napi_value exports);

#endif
