#include "faces.h"

#include <math.h>
#include <string.h>

static double second_difference(const float *at) {
  return (double)at[-1] + at[1] - 2 * (double)at[0];
}

void ml_light_sums(const float *lumas, struct ml_region in, float dark, float bright, struct ml_light *light) {
  int middle = (in.left + in.right) / 2;
  *light = (struct ml_light){0};
  for (int y = in.top; y < in.bottom; y++) {
    for (int x = in.left; x < in.right; x++) {
      const float *at = lumas + y * ML_ALIGNED + x;
      double value = at[0];
      double across = second_difference(at);
      double down = (double)at[-ML_ALIGNED] + at[ML_ALIGNED] - 2 * value;
      light->sum += value;
      light->squares += value * value;
      light->left += x < middle ? value : 0;
      light->dark += at[0] <= dark;
      light->bright += at[0] >= bright;
      light->across += across;
      light->across_squares += across * across;
      light->down += down;
      light->down_squares += down * down;
      light->edge_squares += (across + down) * (across + down);
      light->noise += fabs(second_difference(at - ML_ALIGNED) + second_difference(at + ML_ALIGNED) - 2 * across);
    }
  }
}

void ml_detail_sums(const float *patch, struct ml_detail *detail) {
  *detail = (struct ml_detail){0};
  for (int y = 0; y < ML_HEIGHT; y++) {
    for (int x = 0; x < ML_WIDTH; x++) {
      const float *at = patch + ml_index(x, y);
      double across = ((double)at[1] - at[-1]) / 2, down = ((double)at[ML_SIDE] - at[-ML_SIDE]) / 2;
      detail->sum += at[0];
      detail->squares += (double)at[0] * at[0];
      detail->across += across * across;
      detail->down += down * down;
    }
  }
}

void ml_row_sums(const float *lumas, struct ml_region in, double *sums, double *squares) {
  for (int y = in.top; y < in.bottom; y++, sums++, squares++) {
    *sums = *squares = 0;
    for (int x = in.left; x < in.right; x++) {
      double value = lumas[y * ML_ALIGNED + x];
      *sums += value;
      *squares += value * value;
    }
  }
}

static double luma_of(struct ml_picture picture, bool colour, size_t pixel) {
  const uint8_t *at = picture.data + pixel * (colour ? 3 : 1);
  return colour ? ml_luma(at) : at[0];
}

double ml_luma_around(struct ml_picture picture, bool colour, double x, double y, double radius, uint32_t step) {
  double sum = 0;
  size_t count = 0, pixels = (size_t)picture.width * picture.height;
  for (size_t pixel = 0, column = 0, row = 0; pixel < pixels; pixel += step, column += step) {
    for (; column >= picture.width; column -= picture.width) row++;
    double aside = column - x, down = row - y;
    /* Below the eyes is the body, which is lit as the face is. */
    if (aside * aside + down * down < radius * radius || (down > 0 && fabs(aside) < radius)) continue;
    sum += luma_of(picture, colour, pixel);
    count++;
  }
  return count == 0 ? 0 : sum / count;
}

double ml_mean_square(const float *values, struct ml_region in) {
  double sum = 0;
  for (int y = in.top; y < in.bottom; y++)
    for (int x = in.left; x < in.right; x++) sum += (double)values[y * ML_WIDTH + x] * values[y * ML_WIDTH + x];
  return sum / ((in.right - in.left) * (in.bottom - in.top));
}

double ml_median_square(const float *values, const uint8_t *chosen) {
  float squares[ML_PIXELS];
  size_t count = 0;
  for (int i = 0; i < ML_PIXELS; i++)
    if (chosen[i]) squares[count++] = values[i] * values[i];
  double median = count == 0 ? 0 : ml_median(squares, count);
  explicit_bzero(squares, sizeof squares);
  return median;
}

double ml_largest(const float *values, const uint8_t *chosen) {
  float largest = 0;
  for (int i = 0; i < ML_PIXELS; i++)
    if (chosen[i] && fabsf(values[i]) > largest) largest = fabsf(values[i]);
  return largest;
}
