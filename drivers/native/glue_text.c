#include "glue.h"
#include "text.h"

/* releaseText() */
static napi_value release_text(napi_env env, napi_callback_info call) {
  struct ml_failure failure;
  return ml_text_release(&failure) == 0 ? glue_undefined(env) : glue_throw(env, &failure, "text");
}

void glue_text_exports(napi_env env, napi_value exports) { glue_export(env, exports, "releaseText", release_text); }
