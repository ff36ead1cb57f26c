/* GPIO lines by the character device, uAPI v2 (Linux 5.10 and newer): plain C that knows no JavaScript. */
#ifndef MATCHLIGHT_GPIO_H
#define MATCHLIGHT_GPIO_H

#include "../v4l2/v4l2.h"

#include <linux/gpio.h>

#define ML_LINES 3

int ml_chip_describe(int fd, struct gpiochip_info *info, struct ml_failure *failure);
int ml_line_describe(int fd, uint32_t offset, struct gpio_v2_line_info *info, struct ml_failure *failure);

/* Takes lines as outputs, all off. Closing the descriptor in `lines` gives them back; their level then stays. */
int ml_lines_request(int chip, const uint32_t *offsets, uint32_t count, bool active_low, int *lines,
                     struct ml_failure *failure);

/* Bit i of `values` is the i-th line requested; a set bit is on, whatever the polarity. */
int ml_lines_set(int lines, uint32_t count, uint64_t values, struct ml_failure *failure);

#endif
