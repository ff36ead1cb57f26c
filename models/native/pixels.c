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

/* The offset of a neighbour, which is at the edge if it would be beyond. */
static inline size_t to_edge(size_t at, size_t by, size_t last) {
  return at + by > last ? last : at + by;
}

/* Sums along the rows with the weights 1 4 6 4 1: sixteen times the mean. */
static void blur_across(struct ml_picture picture, uint16_t *out) {
  size_t row = (size_t)picture.width * 3;
  for (uint32_t y = 0; y < picture.height; y++) {
    const uint8_t *line = picture.data + y * row;
    for (size_t x = 0; x < row; x++) {
      size_t channel = x % 3, last = row - 3 + channel;
      size_t before = x >= 3 ? x - 3 : channel, first = x >= 6 ? x - 6 : channel;
      int near = line[before] + line[to_edge(x, 3, last)], far = line[first] + line[to_edge(x, 6, last)];
      *out++ = (uint16_t)(far + 4 * near + 6 * line[x]);
    }
  }
}

static inline uint8_t clamped(int value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void ml_sharpen(struct ml_picture picture, int32_t share, uint16_t *across, uint8_t *out) {
  size_t row = (size_t)picture.width * 3, last = picture.height - 1;
  blur_across(picture, across);
  for (size_t y = 0; y <= last; y++) {
    const uint16_t *first = across + (y >= 2 ? y - 2 : 0) * row, *before = across + (y >= 1 ? y - 1 : 0) * row;
    const uint16_t *after = across + to_edge(y, 1, last) * row, *end = across + to_edge(y, 2, last) * row;
    for (size_t x = 0; x < row; x++) {
      int value = picture.data[y * row + x];
      int sum = first[x] + end[x] + 4 * (before[x] + after[x]) + 6 * across[y * row + x];
      out[y * row + x] = clamped(value + (((value * 256 - sum) * share + 32768) >> 16));
    }
  }
}
