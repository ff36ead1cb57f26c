#include "glue.h"
#include "text.h"

/* dropText() */
static napi_value drop_text(napi_env env, napi_callback_info call) {
  struct ml_failure failure;
  return ml_text_drop(&failure) == 0 ? glue_undefined(env) : glue_throw(env, &failure, "/proc/self/smaps");
}

void glue_text_exports(napi_env env, napi_value exports) { glue_export(env, exports, "dropText", drop_text); }
