#include "faces.h"

#include <math.h>
#include <string.h>

/* Eight terms of a homography, contrast and brightness, and three of a blur in any direction. */
enum { TERMS = 13, MOVING = 8, CONTRAST = 8 };
_Static_assert(TERMS <= ML_TERMS_AT_MOST, "the equations have room for the terms");

/* A homography that moves a corner of the face further than this does not follow the face any more. */
#define LOST 0.6
/* The weights have settled after STEPS_AT_LEAST. A step shorter than SETTLED, in pixels of the patch, hardly changes an
 * answer (ADR 15). */
enum { STEPS = 6, STEPS_AT_LEAST = 3 };
#define SETTLED 0.05

/* How motion, light and blur change the luma of each fitted pixel of a flat picture: a row for each term. */
struct slopes {
  double of[TERMS][ML_FITTED];
};

static inline double gradient_x(const float *at) {
  return (at[1] - at[-1]) / 2;
}

static inline double gradient_y(const float *at) {
  return (at[ML_SIDE] - at[-ML_SIDE]) / 2;
}

/* The slopes of one inner pixel. */
static inline void slopes_at(const float *lumas, int x, int y, double out[TERMS]) {
  const float *at = lumas + ml_index(x, y);
  double u = ml_u(x), v = ml_v(y);
  double dx = gradient_x(at) * ML_SCALE, dy = gradient_y(at) * ML_SCALE;
  out[0] = dx;
  out[1] = dx * u;
  out[2] = dx * v;
  out[3] = dy;
  out[4] = dy * u;
  out[5] = dy * v;
  out[6] = -u * (out[1] + out[5]);
  out[7] = -v * (out[1] + out[5]);
  out[CONTRAST] = at[0];
  out[9] = 1;
  out[10] = (gradient_x(at + 1) - gradient_x(at - 1)) / 2;
  out[11] = (gradient_x(at + ML_SIDE) - gradient_x(at - ML_SIDE)) / 2;
  out[12] = (gradient_y(at + ML_SIDE) - gradient_y(at - ML_SIDE)) / 2;
}

static void slopes_of(const float *lumas, struct slopes *slopes) {
  double one[TERMS];
  for (int i = 0, x = 0, y = 0; i < ML_FITTED; i++) {
    slopes_at(lumas, x, y, one);
    for (int term = 0; term < TERMS; term++) slopes->of[term][i] = one[term];
    for (x += ML_EACH; x >= ML_WIDTH; x -= ML_WIDTH) y++;
  }
}

/* The luma at the place to which a homography moves an inner pixel. */
static inline float moved(const float *lumas, const double h[9], int x, int y) {
  double u = ml_u(x), v = ml_v(y);
  double scale = ML_SCALE / (h[6] * u + h[7] * v + h[8]);
  double to_x = (h[0] * u + h[1] * v + h[2]) * scale, to_y = (h[3] * u + h[4] * v + h[5]) * scale;
  return ml_sample(lumas, to_x + ML_MIDDLE_X, to_y + ML_MIDDLE_Y);
}

static void move_fitted(const float *lumas, const double h[9], float *out) {
  for (int i = 0, x = 0, y = 0; i < ML_FITTED; i++) {
    out[i] = moved(lumas, h, x, y);
    for (x += ML_EACH; x >= ML_WIDTH; x -= ML_WIDTH) y++;
  }
}

/* Subtracts from the fitted pixels the part that the terms explain. */
static void subtract_fitted(float *seen, const struct slopes *slopes, const double *terms) {
  double left[ML_FITTED];
  for (int i = 0; i < ML_FITTED; i++) left[i] = seen[i];
  for (int term = 0; term < TERMS; term++)
    for (int i = 0; i < ML_FITTED; i++) left[i] -= terms[term] * slopes->of[term][i];
  for (int i = 0; i < ML_FITTED; i++) seen[i] = (float)left[i];
  explicit_bzero(left, sizeof left);
}

/* The part of an inner pixel that the terms explain: the sum of its slopes (slopes_at), each times its term, in floats. */
static inline float explained(const float *lumas, const float t[TERMS], float u, float v, int x, int y) {
  const float *at = lumas + ml_index(x, y);
  float dx = (at[1] - at[-1]) * (float)(ML_SCALE / 2), dy = (at[ML_SIDE] - at[-ML_SIDE]) * (float)(ML_SCALE / 2);
  float tilt = t[6] * u + t[7] * v;
  float motion = dx * (t[0] + t[1] * u + t[2] * v - u * tilt) + dy * (t[3] + t[4] * u + t[5] * v - v * tilt);
  float across = at[2] + at[-2] - 2 * at[0], down = at[2 * ML_SIDE] + at[-2 * ML_SIDE] - 2 * at[0];
  float askew = at[ML_SIDE + 1] - at[ML_SIDE - 1] - at[-ML_SIDE + 1] + at[-ML_SIDE - 1];
  return motion + t[CONTRAST] * at[0] + t[9] + (t[10] * across + t[11] * askew + t[12] * down) / 4;
}

/* What is left of all inner pixels, in the contrast of the earlier face. */
static void leave(const float *earlier, const float *later, const double h[9], const double *terms, double contrast,
                  float *residual) {
  float t[TERMS];
  for (int term = 0; term < TERMS; term++) t[term] = (float)terms[term];
  float share = (float)(1 / contrast);
  for (int y = 0; y < ML_HEIGHT; y++) {
    for (int x = 0; x < ML_WIDTH; x++) {
      float light = explained(earlier, t, (float)ml_u(x), (float)ml_v(y), x, y);
      *residual++ = (moved(later, h, x, y) - light) * share;
    }
  }
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

/* The memory of one comparison. */
struct fitting {
  struct slopes slopes;
  struct ml_equations equations;
  float seen[ML_FITTED], sizes[ML_FITTED], weights[ML_FITTED];
};

/* Aligns `later` with `earlier` step by step. */
static bool align(const float *earlier, const float *later, struct fitting *f, float *residual) {
  double homography[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, terms[TERMS];
  slopes_of(earlier, &f->slopes);
  for (int i = 0; i < ML_FITTED; i++) f->weights[i] = 1;
  for (int step = 1;; step++) {
    move_fitted(later, homography, f->seen);
    if (!ml_fit(&f->equations, TERMS, f->slopes.of, f->seen, f->weights, 1e-5, terms)) return false;
    double contrast = fmax(terms[CONTRAST], ML_CONTRAST_AT_LEAST);
    if (step == STEPS || (step >= STEPS_AT_LEAST && length_of(terms) < SETTLED * contrast)) {
      leave(earlier, later, homography, terms, contrast, residual);
      return true;
    }
    subtract_fitted(f->seen, &f->slopes, terms);
    ml_weigh(f->seen, ML_FITTED, 1, f->sizes, f->weights);
    if (!compose(homography, terms, contrast)) return false;
  }
}

bool ml_plane_residual(const float *earlier, const float *later, float *residual) {
  struct fitting fitting;
  float between[ML_PIXELS];
  bool aligned = align(earlier, later, &fitting, residual);
  if (aligned) ml_blur(residual, ML_WIDTH, ML_HEIGHT, between);
  explicit_bzero(&fitting, sizeof fitting);
  explicit_bzero(between, sizeof between);
  return aligned;
}
