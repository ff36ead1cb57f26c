#include "gpio.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

static int ask(int fd, unsigned long request, void *argument, const char *step, struct ml_failure *failure) {
  int result;
  do {
    result = ioctl(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  if (result >= 0) return 0;
  failure->code = errno;
  failure->step = step;
  return errno;
}

int ml_chip_describe(int fd, struct gpiochip_info *info, struct ml_failure *failure) {
  memset(info, 0, sizeof *info);
  return ask(fd, GPIO_GET_CHIPINFO_IOCTL, info, "GPIO_GET_CHIPINFO_IOCTL", failure);
}

int ml_line_describe(int fd, uint32_t offset, struct gpio_v2_line_info *info, struct ml_failure *failure) {
  memset(info, 0, sizeof *info);
  info->offset = offset;
  return ask(fd, GPIO_V2_GET_LINEINFO_IOCTL, info, "GPIO_V2_GET_LINEINFO_IOCTL", failure);
}

int ml_lines_request(int chip, const uint32_t *offsets, uint32_t count, bool active_low, int *lines,
                     struct ml_failure *failure) {
  struct gpio_v2_line_request request = {.num_lines = count};
  memcpy(request.offsets, offsets, count * sizeof *offsets);
  strcpy(request.consumer, "matchlight");
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | (active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  /* Without a value the kernel would start the lines low, which is on where they are active low. */
  request.config.num_attrs = 1;
  request.config.attrs[0].mask = (1u << count) - 1;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  request.config.attrs[0].attr.values = 0;
  int code = ask(chip, GPIO_V2_GET_LINE_IOCTL, &request, "GPIO_V2_GET_LINE_IOCTL", failure);
  *lines = request.fd;
  return code;
}

int ml_lines_set(int lines, uint32_t count, uint64_t values, struct ml_failure *failure) {
  struct gpio_v2_line_values change = {.bits = values, .mask = (1u << count) - 1};
  return ask(lines, GPIO_V2_LINE_SET_VALUES_IOCTL, &change, "GPIO_V2_LINE_SET_VALUES_IOCTL", failure);
}
