#include "faces.h"

#include <string.h>

/* The weighted mean of five values in a line; a neighbour beyond the edge is the edge value. */
static inline float mean_of(const float *at, int place, int last, int step) {
  int before = place < 1 ? 0 : step, first = place < 2 ? before * place : 2 * step;
  int after = place > last - 1 ? 0 : step, end = place > last - 2 ? after * (last - place) : 2 * step;
  return (at[-first] + at[end] + 4 * (at[-before] + at[after]) + 6 * at[0]) / 16;
}

/* The inner values of a line need no edges: the compiler computes several of them at once. */
static void blur_inner(const float *from, int step, int count, float *to) {
  for (int i = 0; i < count; i++)
    to[i] = (from[i - 2 * step] + from[i + 2 * step] + 4 * (from[i - step] + from[i + step]) + 6 * from[i]) / 16;
}

void ml_blur(float *values, int width, int height, float *between) {
  for (int y = 0; y < height; y++) {
    float *row = values + y * width, *out = between + y * width;
    blur_inner(row + 2, 1, width - 4, out + 2);
    for (int i = 0; i < 4; i++) {
      int x = i < 2 ? i : width - 4 + i;
      out[x] = mean_of(row + x, x, width - 1, 1);
    }
  }
  blur_inner(between + 2 * width, width, (height - 4) * width, values + 2 * width);
  for (int i = 0; i < 4; i++) {
    int y = i < 2 ? i : height - 4 + i;
    for (int x = 0; x < width; x++)
      values[y * width + x] = mean_of(between + y * width + x, y, height - 1, width);
  }
}

void ml_patch(const float *aligned, float *patch) {
  float between[ML_SIDE * ML_SIDE];
  for (int y = 0; y < ML_SIDE; y++) {
    const float *upper = aligned + 2 * y * ML_ALIGNED, *lower = upper + ML_ALIGNED;
    for (int x = 0; x < ML_SIDE; x++)
      patch[y * ML_SIDE + x] = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) / 4;
  }
  ml_blur(patch, ML_SIDE, ML_SIDE, between);
  explicit_bzero(between, sizeof between);
}
