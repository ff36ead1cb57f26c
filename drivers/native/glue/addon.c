#include "glue.h"

static napi_value initialise(napi_env env, napi_value exports) {
  glue_describe_exports(env, exports);
  glue_capture_exports(env, exports);
  glue_gpio_exports(env, exports);
  glue_process_exports(env, exports);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, initialise)
