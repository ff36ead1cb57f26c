#include "faces.h"

#include <math.h>
#include <string.h>

/* For a position along one axis of the canvas: the two source pixels around it, and the weight of the second in 256ths. */
struct tap {
  uint32_t low, high, share;
};

/* The taps of an axis. The positions from `first` to before `end` are inside the picture. */
struct axis {
  struct tap taps[ML_CANVAS_AT_MOST];
  uint32_t first, end;
};

static double clamped(double value, uint32_t limit) {
  return fmin(limit - 1.0, fmax(0, value));
}

static void fill_axis(struct axis *axis, double start, double size, uint32_t count, uint32_t limit, bool spread) {
  double step = size / count;
  double apart = spread && step >= 2 ? step / 2 : 1;
  axis->first = count;
  axis->end = 0;
  for (uint32_t i = 0; i < count; i++) {
    double middle = start + (i + 0.5) * step - 0.5;
    /* A position that is not a number is outside, too. */
    if (!(middle >= -0.5 && middle <= limit - 0.5)) continue;
    if (i < axis->first) axis->first = i;
    axis->end = i + 1;
    double before = apart == 1 ? floor(middle) : floor(middle - apart / 2 + 0.5);
    double after = apart == 1 ? before + 1 : floor(middle + apart / 2 + 0.5);
    axis->taps[i].low = (uint32_t)clamped(before, limit);
    axis->taps[i].high = (uint32_t)clamped(after, limit);
    axis->taps[i].share = apart == 1 ? (uint32_t)floor((middle - before) * 256 + 0.5) : 128;
  }
}

static bool is_filled(const struct axis *axis, uint32_t count) {
  return axis->first == 0 && axis->end == count;
}

static inline void draw_row(const uint8_t *upper, const uint8_t *lower, uint32_t below, const struct axis *across,
                            size_t channels, uint8_t *out) {
  for (uint32_t x = across->first; x < across->end; x++) {
    const struct tap *tap = &across->taps[x];
    size_t left = tap->low * channels, right = tap->high * channels;
    for (size_t channel = 0; channel < channels; channel++, left++, right++) {
      uint32_t over = (256 - tap->share) * upper[left] + tap->share * upper[right];
      uint32_t under = (256 - tap->share) * lower[left] + tap->share * lower[right];
      out[x * channels + channel] = (uint8_t)(((256 - below) * over + below * under + 32768) >> 16);
    }
  }
}

static inline void draw(struct ml_picture picture, const struct axis *across, const struct axis *down, size_t channels,
                        struct ml_canvas canvas) {
  size_t line = picture.width * channels;
  for (uint32_t y = down->first; y < down->end; y++) {
    const struct tap *tap = &down->taps[y];
    draw_row(picture.data + tap->low * line, picture.data + tap->high * line, tap->share, across, channels,
             canvas.data + (size_t)y * canvas.width * channels);
  }
}

void ml_crop(struct ml_picture picture, struct ml_box region, bool spread, bool colour, struct ml_canvas canvas) {
  struct axis across, down;
  fill_axis(&across, region.x, region.width, canvas.width, picture.width, spread);
  fill_axis(&down, region.y, region.height, canvas.height, picture.height, spread);
  if (!is_filled(&across, canvas.width) || !is_filled(&down, canvas.height))
    memset(canvas.data, 0, (size_t)canvas.width * canvas.height * (colour ? 3 : 1));
  /* The number of channels is a constant of each loop, so that the compiler unrolls it. */
  if (colour) draw(picture, &across, &down, 3, canvas);
  else draw(picture, &across, &down, 1, canvas);
}
