#include "glue.h"
#include "../process/hardening.h"

#include <stdlib.h>
#include <unistd.h>

/* forbidDumps() */
static napi_value forbid_dumps(napi_env env, napi_callback_info call) {
  struct ml_failure failure;
  return ml_traces_forbid_dumps(&failure) == 0 ? glue_undefined(env) : glue_throw(env, &failure, "RLIMIT_CORE");
}

/* overwriteFreed() */
static napi_value overwrite_freed(napi_env env, napi_callback_info call) {
  struct ml_failure failure;
  return ml_traces_overwrite_freed(&failure) == 0 ? glue_undefined(env) : glue_throw(env, &failure, "M_PERTURB");
}

/* exitNow(code) */
static napi_value exit_now(napi_env env, napi_callback_info call) {
  napi_value argument;
  int32_t code = EXIT_FAILURE;
  if (!glue_arguments(env, call, 1, &argument) || !glue_int(env, argument, &code)) _exit(EXIT_FAILURE);
  _exit(code);
}

void glue_process_exports(napi_env env, napi_value exports) {
  glue_export(env, exports, "forbidDumps", forbid_dumps);
  glue_export(env, exports, "overwriteFreed", overwrite_freed);
  glue_export(env, exports, "exitNow", exit_now);
}
