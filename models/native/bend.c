#include "faces.h"

#include <math.h>
#include <string.h>

/* Ten terms of a bend for each direction (all up to the third power), then contrast, brightness and blur. */
enum { BENDS = 10, CONTRAST = 2 * BENDS, BRIGHTNESS, BLUR, TERMS };
enum { STEPS = 8 };
_Static_assert(TERMS <= ML_TERMS_AT_MOST, "the equations have room for the terms");
/* A bend that moves the face further than this, in halves of its width, does not follow the face any more. */
#define LOST 1.0

/* The memory of one comparison. */
struct fitting {
  /* The powers of the coordinates of each pixel. */
  float shapes[BENDS][ML_PIXELS];
  /* The lumas where the bend moves the pixels, and their slopes. */
  float seen[ML_PIXELS], across[ML_PIXELS], down[ML_PIXELS];
  /* The lumas of the earlier face, and how blur changes them. */
  float earlier[ML_PIXELS], laplacian[ML_PIXELS];
  double slopes[TERMS][ML_FITTED];
  struct ml_equations equations;
  float fitted[ML_FITTED], weights[ML_FITTED], sizes[ML_PIXELS];
};

static void prepare(const float *earlier, struct fitting *f) {
  for (int pixel = 0; pixel < ML_PIXELS; pixel++) {
    int x = pixel % ML_WIDTH, y = pixel / ML_WIDTH;
    double u = ml_u(x), v = ml_v(y);
    const double powers[BENDS] = {1, u, v, u * u, u * v, v * v, u * u * u, u * u * v, u * v * v, v * v * v};
    for (int i = 0; i < BENDS; i++) f->shapes[i][pixel] = (float)powers[i];
    const float *at = earlier + ml_index(x, y);
    f->earlier[pixel] = at[0];
    f->laplacian[pixel] = at[-1] + at[1] + at[-ML_SIDE] + at[ML_SIDE] - 4 * at[0];
  }
  for (int i = 0; i < ML_FITTED; i++) f->weights[i] = 1;
}

/* The sum of the shapes, each times its term. */
static void shaped(struct fitting *f, const double *terms, float *out) {
  memset(out, 0, ML_PIXELS * sizeof *out);
  for (int i = 0; i < BENDS; i++) {
    float share = (float)terms[i];
    for (int pixel = 0; pixel < ML_PIXELS; pixel++) out[pixel] += share * f->shapes[i][pixel];
  }
}

static void bend_seen(const float *later, const double *bend, struct fitting *f) {
  shaped(f, bend, f->across);
  shaped(f, bend + BENDS, f->down);
  for (int pixel = 0; pixel < ML_PIXELS; pixel++) {
    double x = ML_LEFT + pixel % ML_WIDTH + f->across[pixel] * ML_SCALE;
    double y = ML_TOP + pixel / ML_WIDTH + f->down[pixel] * ML_SCALE;
    f->seen[pixel] = ml_sample(later, x, y);
  }
}

/* Differences between the neighbours that are inside. */
static void slopes_of_seen(struct fitting *f) {
  for (int pixel = 0; pixel < ML_PIXELS; pixel++) {
    int x = pixel % ML_WIDTH, y = pixel / ML_WIDTH;
    int left = x > 0, right = x < ML_WIDTH - 1, up = y > 0, below = y < ML_HEIGHT - 1;
    f->across[pixel] = (f->seen[pixel + right] - f->seen[pixel - left]) / (float)(left + right);
    f->down[pixel] = (f->seen[pixel + below * ML_WIDTH] - f->seen[pixel - up * ML_WIDTH]) / (float)(up + below);
  }
}

static void fill_slopes(struct fitting *f) {
  for (int i = 0; i < ML_FITTED; i++) {
    int pixel = i * ML_EACH;
    for (int term = 0; term < BENDS; term++) {
      f->slopes[term][i] = -ML_SCALE * f->across[pixel] * f->shapes[term][pixel];
      f->slopes[BENDS + term][i] = -ML_SCALE * f->down[pixel] * f->shapes[term][pixel];
    }
    f->slopes[CONTRAST][i] = f->earlier[pixel];
    f->slopes[BRIGHTNESS][i] = 1;
    f->slopes[BLUR][i] = f->laplacian[pixel];
    f->fitted[i] = f->seen[pixel];
  }
}

/* What the terms do not explain, for all inner pixels. */
static void subtract(const double *terms, struct fitting *f, float *residual) {
  float *along = f->sizes;
  shaped(f, terms, along);
  for (int pixel = 0; pixel < ML_PIXELS; pixel++)
    residual[pixel] = f->seen[pixel] + (float)ML_SCALE * f->across[pixel] * along[pixel];
  shaped(f, terms + BENDS, along);
  for (int pixel = 0; pixel < ML_PIXELS; pixel++) {
    double light = terms[CONTRAST] * f->earlier[pixel] + terms[BRIGHTNESS] + terms[BLUR] * f->laplacian[pixel];
    residual[pixel] += (float)(ML_SCALE * f->down[pixel] * along[pixel] - light);
  }
}

static bool add(double *bend, const double *terms) {
  bool follows = true;
  for (int i = 0; i < 2 * BENDS; i++) {
    bend[i] += terms[i];
    follows = follows && fabs(bend[i]) <= LOST;
  }
  return follows;
}

/* Gauss-Newton steps. */
static bool align(const float *later, struct fitting *f, float *residual, double *contrast) {
  double bend[2 * BENDS] = {0}, terms[TERMS];
  for (int step = 1;; step++) {
    bend_seen(later, bend, f);
    slopes_of_seen(f);
    fill_slopes(f);
    if (!ml_fit(&f->equations, TERMS, f->slopes, f->fitted, f->weights, 1e-6, terms)) return false;
    subtract(terms, f, residual);
    *contrast = fmax(terms[CONTRAST], ML_CONTRAST_AT_LEAST);
    if (step == STEPS) return true;
    if (!add(bend, terms)) return false;
    ml_weigh(residual, ML_PIXELS, ML_EACH, f->sizes, f->weights);
  }
}

bool ml_bend_residual(const float *earlier, const float *later, float *residual, double *contrast) {
  struct fitting fitting;
  prepare(earlier, &fitting);
  bool aligned = align(later, &fitting, residual, contrast);
  if (aligned) ml_blur(residual, ML_WIDTH, ML_HEIGHT, fitting.sizes);
  explicit_bzero(&fitting, sizeof fitting);
  return aligned;
}
