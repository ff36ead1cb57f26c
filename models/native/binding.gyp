{
  "targets": [
    {
      "target_name": "matchlight-faces",
      "cflags": ["-std=c11", "-O3", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden", "-fstack-protector-strong"],
      "ldflags": ["-Wl,-z,relro,-z,now"],
      "defines": ["_GNU_SOURCE", "NAPI_VERSION=8"],
      "sources": ["addon.c", "arguments.c", "align.c", "crop.c", "fit.c", "plane.c", "bend.c", "measure.c", "patch.c", "pixels.c"]
    }
  ]
}
