#include "faces.h"

#include <math.h>
#include <string.h>

/* Two doubles in one vector register (SSE2, NEON). */
typedef double pair __attribute__((vector_size(16)));

_Static_assert(ML_PIXELS % ML_EACH == 0 && ML_FITTED % 2 == 0, "the fitted pixels come in pairs");

static pair two(const double *from) {
  pair both;
  memcpy(&both, from, sizeof both);
  return both;
}

/* The dot products of `weighted` with four rows: each value is read once for four products. */
static void products(const double *weighted, const double *rows[4], double *out[4]) {
  pair sums[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (int i = 0; i < ML_FITTED; i += 2) {
    pair value = two(weighted + i);
    for (int k = 0; k < 4; k++) sums[k] += value * two(rows[k] + i);
  }
  for (int k = 0; k < 4; k++) *out[k] = sums[k][0] + sums[k][1];
}

/* Cholesky decomposition in place; false if the matrix is not positive definite. Only its lower half is read. */
static bool decompose(double (*matrix)[ML_TERMS_AT_MOST], int size) {
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
static void substitute(double (*lower)[ML_TERMS_AT_MOST], int size, double *right) {
  for (int row = 0; row < size; row++) {
    for (int k = 0; k < row; k++) right[row] -= lower[row][k] * right[k];
    right[row] /= lower[row][row];
  }
  for (int row = size - 1; row >= 0; row--) {
    for (int k = row + 1; k < size; k++) right[row] -= lower[k][row] * right[k];
    right[row] /= lower[row][row];
  }
}

/* One row of the normal equations: the products with the rows up to its own, and with what is seen. */
static void fill_row(struct ml_equations *e, double (*slopes)[ML_FITTED], int row, double *right) {
  for (int i = 0; i < ML_FITTED; i += 2) {
    pair value = two(e->weights + i) * two(slopes[row] + i);
    memcpy(e->weighted + i, &value, sizeof value);
  }
  for (int column = -1; column <= row; column += 4) {
    const double *rows[4];
    double *out[4];
    for (int k = 0; k < 4; k++) {
      /* After the last column, the last one is repeated. */
      int at = column + k < row ? column + k : row;
      rows[k] = at < 0 ? e->seen : slopes[at];
      out[k] = at < 0 ? right : &e->matrix[row][at];
    }
    products(e->weighted, rows, out);
  }
}

bool ml_fit(struct ml_equations *e, int terms, double (*slopes)[ML_FITTED], const float *seen, const float *weights,
            double ridge, double *solution) {
  for (int i = 0; i < ML_FITTED; i++) e->seen[i] = seen[i];
  for (int i = 0; i < ML_FITTED; i++) e->weights[i] = weights[i];
  for (int row = 0; row < terms; row++) fill_row(e, slopes, row, &solution[row]);
  /* Keeps terms small that have little effect in this face, and the matrix positive definite. */
  for (int i = 0; i < terms; i++) e->matrix[i][i] = e->matrix[i][i] * (1 + ridge) + 1e-9;
  if (!decompose(e->matrix, terms)) return false;
  substitute(e->matrix, terms, solution);
  return true;
}

float ml_median(float *values, size_t count) {
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
  double deviation = 1.48 * ml_median(sizes, count) + 1e-6;
  for (size_t i = 0; i * each < count; i++) {
    double share = residual[i * each] / (2 * deviation);
    weights[i] = (float)(1 / (1 + share * share));
  }
}
