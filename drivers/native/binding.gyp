{
  "target_defaults": {
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden", "-fstack-protector-strong"],
    "ldflags": ["-Wl,-z,relro,-z,now"],
    "defines": ["_GNU_SOURCE", "NAPI_VERSION=8"]
  },
  "targets": [
    {
      "target_name": "matchlight",
      "sources": [
        "glue/addon.c", "glue/glue.c", "glue/glue_describe.c", "glue/glue_capture.c", "glue/glue_gpio.c", "glue/glue_process.c",
        "v4l2/v4l2.c", "v4l2/v4l2_describe.c", "gpio/gpio.c", "process/hardening.c"
      ]
    },
    {
      "target_name": "light-guard",
      "type": "executable",
      "sources": ["gpio/light_guard.c", "gpio/gpio.c"]
    }
  ]
}
