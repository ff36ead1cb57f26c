#include "glue.h"
#include "../gpio/gpio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static napi_value line_object(napi_env env, const struct gpio_v2_line_info *info) {
  napi_value line = glue_object(env);
  glue_put_number(env, line, "offset", info->offset);
  glue_put_text(env, line, "name", info->name);
  glue_put_text(env, line, "consumer", info->consumer);
  return line;
}

static int describe_lines(napi_env env, int fd, uint32_t count, napi_value lines, struct ml_failure *failure) {
  for (uint32_t offset = 0; offset < count; offset++) {
    struct gpio_v2_line_info info;
    int code = ml_line_describe(fd, offset, &info, failure);
    if (code != 0) return code;
    glue_push(env, lines, offset, line_object(env, &info));
  }
  return 0;
}

/* describeChip(path) → {label, lines} */
static napi_value describe_chip(napi_env env, napi_callback_info call) {
  napi_value arguments[1];
  char path[GLUE_PATH_SIZE];
  if (!glue_arguments(env, call, 1, arguments) || !glue_text(env, arguments[0], path, sizeof path)) return NULL;
  struct ml_failure failure;
  int fd;
  if (ml_open(path, &fd, &failure) != 0) return glue_throw(env, &failure, path);
  struct gpiochip_info info;
  napi_value chip = glue_object(env), lines = glue_array(env);
  int code = ml_chip_describe(fd, &info, &failure);
  if (code == 0) code = describe_lines(env, fd, info.lines, lines, &failure);
  close(fd);
  if (code != 0) return glue_throw(env, &failure, path);
  glue_put_text(env, chip, "label", info.label);
  glue_put(env, chip, "lines", lines);
  return chip;
}

/* The numbers of lines: as many as the kernel takes in one request, or a TypeError. */
static bool read_offsets(napi_env env, napi_value array, uint32_t offsets[ML_LINES], uint32_t *count) {
  if (napi_get_array_length(env, array, count) != napi_ok || *count > ML_LINES)
    return glue_refuse(env, "an argument must be an array of lines");
  for (uint32_t i = 0; i < *count; i++) {
    napi_value element = NULL;
    if (!glue_ok(env, napi_get_element(env, array, i, &element)) || !glue_uint(env, element, &offsets[i])) return false;
  }
  return true;
}

/* requestLines(path, offsets, activeLow) → file descriptor; the caller closes it. */
static napi_value request_lines(napi_env env, napi_callback_info call) {
  napi_value arguments[3];
  char path[GLUE_PATH_SIZE];
  uint32_t offsets[ML_LINES], count = 0;
  bool active_low;
  if (!glue_arguments(env, call, 3, arguments) || !glue_text(env, arguments[0], path, sizeof path) ||
      !read_offsets(env, arguments[1], offsets, &count) || !glue_bool(env, arguments[2], &active_low))
    return NULL;
  struct ml_failure failure;
  int chip, lines;
  if (ml_open(path, &chip, &failure) != 0) return glue_throw(env, &failure, path);
  int code = ml_lines_request(chip, offsets, count, active_low, &lines, &failure);
  close(chip);
  return code == 0 ? glue_number(env, lines) : glue_throw(env, &failure, path);
}

/* setLines(fd, count, values) */
static napi_value set_lines(napi_env env, napi_callback_info call) {
  napi_value arguments[3];
  int32_t lines;
  uint32_t count, values;
  if (!glue_arguments(env, call, 3, arguments) || !glue_int(env, arguments[0], &lines) ||
      !glue_uint(env, arguments[1], &count) || !glue_uint(env, arguments[2], &values))
    return NULL;
  struct ml_failure failure;
  int code = ml_lines_set(lines, count, values, &failure);
  return code == 0 ? glue_undefined(env) : glue_throw(env, &failure, "lines");
}

/* lockFile(fd), for GPIO lines and for the data folder → whether an exclusive flock was got without waiting; it lasts until the descriptor is closed. */
static napi_value lock_file(napi_env env, napi_callback_info call) {
  napi_value arguments[1];
  int32_t file;
  if (!glue_arguments(env, call, 1, arguments) || !glue_int(env, arguments[0], &file)) return NULL;
  int result = flock(file, LOCK_EX | LOCK_NB);
  struct ml_failure failure = {.code = errno, .step = "flock"};
  if (result < 0 && errno != EWOULDBLOCK) return glue_throw(env, &failure, "lock");
  return glue_truth(env, result == 0);
}

void glue_gpio_exports(napi_env env, napi_value exports) {
  glue_export(env, exports, "describeChip", describe_chip);
  glue_export(env, exports, "requestLines", request_lines);
  glue_export(env, exports, "setLines", set_lines);
  glue_export(env, exports, "lockFile", lock_file);
}
