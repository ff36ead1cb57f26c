#include "faces.h"

#include <math.h>
#include <string.h>

/* Two numbers that are computed at once, on every processor that can. */
typedef double pair __attribute__((vector_size(16)));

enum { TERMS_AT_MOST = 24 };

static pair two(const double *from) {
  pair both;
  memcpy(&both, from, sizeof both);
  return both;
}

static double sum_of(pair both) {
  return both[0] + both[1];
}

/* The dot products of `weighted` with four rows: each value is read once for four products. */
static void products(const double *weighted, double (*rows)[ML_FITTED], int count, double *out) {
  pair sums[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  const double *row[4];
  for (int i = 0; i < 4; i++) row[i] = rows[i < count ? i : 0];
  for (int i = 0; i < ML_FITTED; i += 2) {
    pair value = two(weighted + i);
    sums[0] += value * two(row[0] + i);
    sums[1] += value * two(row[1] + i);
    sums[2] += value * two(row[2] + i);
    sums[3] += value * two(row[3] + i);
  }
  for (int i = 0; i < count; i++) out[i] = sum_of(sums[i]);
}

/* Cholesky decomposition in place; false if the matrix is not positive definite. Only its lower half is read. */
static bool decompose(double (*matrix)[TERMS_AT_MOST], int size) {
  for (int row = 0; row < size; row++) {
    for (int column = 0; column <= row; column++) {
      double value = matrix[row][column];
      for (int k = 0; k < column; k++) value -= matrix[row][k] * matrix[column][k];
      if (row == column && !(value > 0)) return false;
      matrix[row][column] = row == column ? sqrt(value) : value / matrix[column][column];
    }
  }
  return true;
}

/* Forward substitution with the triangle, then back substitution with its transpose. */
static void substitute(double (*lower)[TERMS_AT_MOST], int size, double *right) {
  for (int row = 0; row < size; row++) {
    for (int k = 0; k < row; k++) right[row] -= lower[row][k] * right[k];
    right[row] /= lower[row][row];
  }
  for (int row = size - 1; row >= 0; row--) {
    for (int k = row + 1; k < size; k++) right[row] -= lower[k][row] * right[k];
    right[row] /= lower[row][row];
  }
}

bool ml_fit(int terms, double (*slopes)[ML_FITTED], const float *seen, const float *weights, double ridge, double *solution) {
  double matrix[TERMS_AT_MOST][TERMS_AT_MOST];
  double weighted[ML_FITTED];
  for (int row = 0; row < terms; row++) {
    double sum = 0;
    for (int i = 0; i < ML_FITTED; i++) {
      weighted[i] = weights[i] * slopes[row][i];
      sum += weighted[i] * seen[i];
    }
    solution[row] = sum;
    for (int column = 0; column <= row; column += 4)
      products(weighted, slopes + column, row + 1 - column < 4 ? row + 1 - column : 4, matrix[row] + column);
  }
  explicit_bzero(weighted, sizeof weighted);
  /* Keeps terms small that have little effect in this face, and the matrix positive definite. */
  for (int i = 0; i < terms; i++) matrix[i][i] = matrix[i][i] * (1 + ridge) + 1e-9;
  bool solved = decompose(matrix, terms);
  if (solved) substitute(matrix, terms, solution);
  return solved;
}

/* The median of some numbers: Hoare's quickselect, which changes their order. */
static float median_of(float *values, size_t count) {
  ptrdiff_t middle = (ptrdiff_t)(count / 2), from = 0, to = (ptrdiff_t)count - 1;
  while (from < to) {
    float pivot = values[(from + to) / 2];
    ptrdiff_t low = from, high = to;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low > high) break;
      float value = values[low];
      values[low++] = values[high];
      values[high--] = value;
    }
    if (middle <= high) to = high;
    else if (middle >= low) from = low;
    else break;
  }
  return values[middle];
}

void ml_weigh(const float *residual, size_t count, size_t each, float *sizes, float *weights) {
  for (size_t i = 0; i < count; i++) sizes[i] = fabsf(residual[i]);
  /* 1.48 times the median of the sizes is the standard deviation. */
  double deviation = 1.48 * median_of(sizes, count) + 1e-6;
  for (size_t i = 0; i * each < count; i++) {
    double share = residual[i * each] / (2 * deviation);
    weights[i] = (float)(1 / (1 + share * share));
  }
}

static double inside(double value) {
  return fmin(ML_SIDE - 1.001, fmax(0, value));
}

float ml_sample(const float *lumas, double x, double y) {
  double cx = inside(x), cy = inside(y);
  int left = (int)cx, top = (int)cy;
  double fx = cx - left, fy = cy - top;
  const float *at = lumas + top * ML_SIDE + left;
  double above = at[0] * (1 - fx) + at[1] * fx;
  double below = at[ML_SIDE] * (1 - fx) + at[ML_SIDE + 1] * fx;
  return (float)(above * (1 - fy) + below * fy);
}
