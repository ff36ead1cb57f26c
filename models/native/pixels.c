#include "faces.h"

void ml_planes_of_bytes(const uint8_t *pixels, size_t count, bool blue_first, uint8_t *out) {
  uint8_t *red = out + (blue_first ? 2 * count : 0), *blue = out + (blue_first ? 0 : 2 * count), *green = out + count;
  for (size_t i = 0; i < count; i++) {
    red[i] = pixels[3 * i];
    green[i] = pixels[3 * i + 1];
    blue[i] = pixels[3 * i + 2];
  }
}

void ml_planes_of_floats(const uint8_t *pixels, size_t count, bool blue_first, const float table[256], float *out) {
  float *red = out + (blue_first ? 2 * count : 0), *blue = out + (blue_first ? 0 : 2 * count), *green = out + count;
  for (size_t i = 0; i < count; i++) {
    red[i] = table[pixels[3 * i]];
    green[i] = table[pixels[3 * i + 1]];
    blue[i] = table[pixels[3 * i + 2]];
  }
}

void ml_lumas_of(const uint8_t *pixels, size_t count, float *lumas) {
  for (size_t i = 0; i < count; i++)
    lumas[i] = (float)ml_luma(pixels + 3 * i);
}

/* The index of a neighbour, which is at the edge if it would be beyond. */
static inline size_t to_edge(size_t at, ptrdiff_t by, size_t last) {
  if (by < 0 && at < (size_t)-by) return 0;
  return at + by > last ? last : at + by;
}

/* One sum of a row, with the weights 1 4 6 4 1: sixteen times the mean. */
static uint16_t sum_at(const uint8_t *line, size_t x, size_t channel, size_t last) {
  const uint8_t *of = line + channel;
  int near = of[3 * to_edge(x, -1, last)] + of[3 * to_edge(x, 1, last)];
  int far = of[3 * to_edge(x, -2, last)] + of[3 * to_edge(x, 2, last)];
  return (uint16_t)(far + 4 * near + 6 * of[3 * x]);
}

static void blur_row(const uint8_t *line, uint32_t width, uint16_t *out) {
  size_t row = (size_t)width * 3, last = width - 1;
  for (size_t at = 0; at < row; at++) {
    /* The inner values need no edges: the compiler computes many of them at once. */
    if (at == 6)
      for (; at + 6 < row; at++)
        out[at] = (uint16_t)(line[at - 6] + line[at + 6] + 4 * (line[at - 3] + line[at + 3]) + 6 * line[at]);
    out[at] = sum_at(line, at / 3, at % 3, last);
  }
}

static inline uint8_t clamped(int value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void sharpen_row(const uint8_t *line, const uint16_t *const sums[5], size_t row, int32_t share, uint8_t *out) {
  const uint16_t *first = sums[0], *before = sums[1], *middle = sums[2], *after = sums[3], *end = sums[4];
  for (size_t x = 0; x < row; x++) {
    int value = line[x];
    int sum = first[x] + end[x] + 4 * (before[x] + after[x]) + 6 * middle[x];
    out[x] = clamped(value + (((value * 256 - sum) * share + 32768) >> 16));
  }
}

void ml_sharpen(struct ml_picture picture, int32_t share, uint16_t *across, uint8_t *out) {
  size_t row = (size_t)picture.width * 3, last = picture.height - 1;
  for (size_t y = 0; y <= last; y++) blur_row(picture.data + y * row, picture.width, across + y * row);
  for (size_t y = 0; y <= last; y++) {
    const uint16_t *sums[5];
    for (int by = -2; by <= 2; by++) sums[by + 2] = across + to_edge(y, by, last) * row;
    sharpen_row(picture.data + y * row, sums, row, share, out + y * row);
  }
}
