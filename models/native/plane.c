#include "faces.h"

#include <math.h>
#include <string.h>

/* Eight terms of a homography, contrast and brightness, and three of a blur in any direction. */
enum { TERMS = 13, MOVING = 8, CONTRAST = 8 };

/* A homography that moves a corner of the face further than this does not follow the face any more. */
#define LOST 0.6
/* The weights have settled after STEPS_AT_LEAST. A step shorter than SETTLED, in pixels of the patch, hardly changes an
 * answer (ADR 15). */
enum { STEPS = 6, STEPS_AT_LEAST = 3 };
#define SETTLED 0.05

/* The slopes of a face: how motion, light and blur change the luma of each inner pixel of a flat picture. */
struct slopes {
  float all[TERMS][ML_PIXELS];
  double fitted[TERMS][ML_FITTED];
};

static float gradient_x(const float *at) {
  return (at[1] - at[-1]) / 2;
}

static float gradient_y(const float *at) {
  return (at[ML_SIDE] - at[-ML_SIDE]) / 2;
}

static void slopes_of(const float *lumas, struct slopes *slopes) {
  for (int pixel = 0; pixel < ML_PIXELS; pixel++) {
    const float *at = lumas + ml_index(pixel);
    double u = ml_u(pixel), v = ml_v(pixel);
    double dx = gradient_x(at) * ML_SCALE, dy = gradient_y(at) * ML_SCALE;
    const double terms[TERMS] = {
        dx, dx * u, dx * v, dy, dy * u, dy * v, -dx * u * u - dy * u * v, -dx * u * v - dy * v * v,
        at[0], 1,
        (gradient_x(at + 1) - gradient_x(at - 1)) / 2,
        (gradient_x(at + ML_SIDE) - gradient_x(at - ML_SIDE)) / 2,
        (gradient_y(at + ML_SIDE) - gradient_y(at - ML_SIDE)) / 2,
    };
    for (int term = 0; term < TERMS; term++) slopes->all[term][pixel] = (float)terms[term];
  }
  for (int term = 0; term < TERMS; term++)
    for (int i = 0; i < ML_FITTED; i++) slopes->fitted[term][i] = slopes->all[term][i * ML_EACH];
}

/* The lumas at the places to which a homography moves the inner pixels; only every `each`-th pixel. */
static void moved(const float *lumas, const double h[9], int each, float *out) {
  for (int pixel = 0; pixel < ML_PIXELS; pixel += each) {
    double u = ml_u(pixel), v = ml_v(pixel);
    double far = h[6] * u + h[7] * v + h[8];
    double x = (h[0] * u + h[1] * v + h[2]) / far, y = (h[3] * u + h[4] * v + h[5]) / far;
    *out++ = ml_sample(lumas, x * ML_SCALE + ML_MIDDLE_X, y * ML_SCALE + ML_MIDDLE_Y);
  }
}

/* Subtracts from the fitted pixels the part that the terms explain. */
static void subtract_fitted(float *seen, struct slopes *slopes, const double *terms) {
  double left[ML_FITTED];
  for (int i = 0; i < ML_FITTED; i++) left[i] = seen[i];
  for (int term = 0; term < TERMS; term++)
    for (int i = 0; i < ML_FITTED; i++) left[i] -= terms[term] * slopes->fitted[term][i];
  for (int i = 0; i < ML_FITTED; i++) seen[i] = (float)left[i];
  explicit_bzero(left, sizeof left);
}

/* The rest of all inner pixels, in the contrast of the earlier face. */
static void subtract_all(float *seen, struct slopes *slopes, const double *terms, double contrast) {
  for (int term = 0; term < TERMS; term++) {
    float share = (float)terms[term];
    for (int i = 0; i < ML_PIXELS; i++) seen[i] -= share * slopes->all[term][i];
  }
  for (int i = 0; i < ML_PIXELS; i++) seen[i] = (float)(seen[i] / contrast);
}

/* The largest distance by which a step moves a corner of the face, in pixels of the patch. */
static double length_of(const double *terms) {
  double most = 0;
  for (int i = 0; i < MOVING; i++) most = fmax(most, fabs(terms[i]));
  return ML_SCALE * most;
}

static bool invert(const double m[9], double out[9]) {
  double p = m[4] * m[8] - m[5] * m[7], q = m[5] * m[6] - m[3] * m[8], r = m[3] * m[7] - m[4] * m[6];
  double determinant = m[0] * p + m[1] * q + m[2] * r;
  if (!(fabs(determinant) > 1e-9)) return false;
  const double cofactors[9] = {
      p, m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      q, m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      r, m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3],
  };
  for (int i = 0; i < 9; i++) out[i] = cofactors[i] / determinant;
  return true;
}

static bool is_lost(const double h[9]) {
  for (int i = 0; i < 9; i++)
    if (!(fabs(h[i] - (i % 4 == 0)) <= LOST)) return true;
  return false;
}

/* Composes a homography with the inverse of the last step. False if it does not follow the face any more. */
static bool compose(double h[9], const double *terms, double contrast) {
  double t[MOVING], undone[9], product[9];
  for (int i = 0; i < MOVING; i++) t[i] = terms[i] / contrast;
  const double step[9] = {1 + t[1], t[2], t[0], t[4], 1 + t[5], t[3], t[6], t[7], 1};
  if (!invert(step, undone)) return false;
  for (int i = 0; i < 9; i++) {
    const double *row = h + i / 3 * 3;
    product[i] = row[0] * undone[i % 3] + row[1] * undone[3 + i % 3] + row[2] * undone[6 + i % 3];
  }
  if (!(fabs(product[8]) > 1e-6)) return false;
  for (int i = 0; i < 9; i++) h[i] = product[i] / product[8];
  return !is_lost(h);
}

/* Aligns `later` with the slopes step by step. Leaves the residual of all pixels. */
static bool align(struct slopes *slopes, const float *later, float *seen, float *sizes, float *residual) {
  float weights[ML_FITTED];
  double homography[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, terms[TERMS];
  for (int i = 0; i < ML_FITTED; i++) weights[i] = 1;
  for (int step = 1;; step++) {
    moved(later, homography, ML_EACH, seen);
    if (!ml_fit(TERMS, slopes->fitted, seen, weights, 1e-5, terms)) return false;
    double contrast = fmax(terms[CONTRAST], 0.3);
    if (step == STEPS || (step >= STEPS_AT_LEAST && length_of(terms) < SETTLED * contrast)) {
      moved(later, homography, 1, residual);
      subtract_all(residual, slopes, terms, contrast);
      return true;
    }
    subtract_fitted(seen, slopes, terms);
    ml_weigh(seen, ML_FITTED, 1, sizes, weights);
    if (!compose(homography, terms, contrast)) return false;
  }
}

bool ml_plane_residual(const float *earlier, const float *later, float *residual) {
  struct slopes slopes;
  float seen[ML_FITTED], sizes[ML_FITTED];
  slopes_of(earlier, &slopes);
  bool aligned = align(&slopes, later, seen, sizes, residual);
  explicit_bzero(&slopes, sizeof slopes);
  explicit_bzero(seen, sizeof seen);
  explicit_bzero(sizes, sizeof sizes);
  return aligned;
}
