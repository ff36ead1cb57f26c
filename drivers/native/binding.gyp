{
  "target_defaults": {
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden"],
    "defines": ["_GNU_SOURCE", "NAPI_VERSION=8"]
  },
  "targets": [
    {
      "target_name": "matchlight",
      "sources": ["addon.c", "glue.c", "glue_capture.c", "glue_gpio.c", "glue_process.c", "v4l2.c", "v4l2_describe.c", "gpio.c", "text.c", "traces.c"]
    },
    {
      "target_name": "light-guard",
      "type": "executable",
      "sources": ["light_guard.c", "gpio.c"]
    }
  ]
}
