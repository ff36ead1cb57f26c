/* The loops over the pixels of a face, which cost several times as much in JavaScript. Plain C: no Node, no memory of its
 * own. Copies of more than a few pixels are overwritten before a function returns; sums and terms are not. */
#ifndef MATCHLIGHT_FACES_H
#define MATCHLIGHT_FACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* x' = a x - b y + c, y' = b x + a y + d. */
struct ml_similarity {
  double a, b, c, d;
};

/* A picture of 8 bits for each channel: three (RGB) or one (luma). */
struct ml_picture {
  const uint8_t *data;
  uint32_t width, height;
};

/* A part of a picture, in pixels; it may reach beyond the picture. */
struct ml_box {
  double x, y, width, height;
};

/* What a part is drawn on, with as many channels as the picture. No network takes a larger one. */
enum { ML_CANVAS_AT_MOST = 2048 };
struct ml_canvas {
  uint8_t *data;
  uint32_t width, height;
};

/* Draws `region` over the whole canvas, bilinear (imaging/crop.ts). Outside the picture is black. */
void ml_crop(struct ml_picture picture, struct ml_box region, bool spread, bool colour, struct ml_canvas canvas);

/* The aligned face has this many pixels on each side (detection/align.ts). */
enum { ML_ALIGNED = 112 };

/* Draws the aligned face: its pixel (x, y) is the picture's at the transformed place, bilinear. Outside is black. */
void ml_align_colour(struct ml_picture picture, struct ml_similarity to_source, uint8_t *out);
void ml_align_luma(struct ml_picture picture, struct ml_similarity to_source, float *out);

/* Writes the colours of `count` pixels as planes, red first or blue first: bytes, or the number that the table has for each. */
void ml_planes_of_bytes(const uint8_t *pixels, size_t count, bool blue_first, uint8_t *out);
void ml_planes_of_floats(const uint8_t *pixels, size_t count, bool blue_first, const float table[256], float *out);

/* The luma of an RGB pixel, 0…255 (ITU-R BT.601). */
static inline double ml_luma(const uint8_t *pixel) {
  return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

/* Writes the lumas of `count` pixels, 0…255 (ITU-R BT.601). */
void ml_lumas_of(const uint8_t *pixels, size_t count, float *lumas);

/* Unsharp masking (embedding/sharpen.ts); `share` is in 256ths, `across` has room for each value. */
void ml_sharpen(struct ml_picture picture, int32_t share, uint16_t *across, uint8_t *out);

/* A patch of lumas, and its inner part (liveness/face-patch.ts). Every third pixel of a row is enough to fit the terms; the
 * rows begin at different pixels, so all columns are used. */
enum {
  ML_SIDE = 56,
  ML_LEFT = 9,
  ML_TOP = 14,
  ML_WIDTH = 38,
  ML_HEIGHT = 39,
  ML_PIXELS = ML_WIDTH * ML_HEIGHT,
  ML_EACH = 3,
  ML_FITTED = ML_PIXELS / ML_EACH
};

/* The patch of an aligned face: half its resolution, blurred (liveness/face-patch.ts). */
void ml_patch(const float *aligned, float *patch);

/* Blurs with the five weights 1 4 6 4 1 (Burt and Adelson) in both directions. The edge value is repeated outside. `between`
 * has room for each value. */
void ml_blur(float *values, int width, int height, float *between);

/* The part of `later` that is left when the motion of a flat picture is subtracted, blurred (liveness/planar-motion.ts). False
 * if both cannot be aligned. */
bool ml_plane_residual(const float *earlier, const float *later, float *residual);

/* The same for the motion of a sheet that bends (liveness/relief.ts). `contrast` is that of `later` to `earlier`, at
 * least ML_CONTRAST_AT_LEAST. */
bool ml_bend_residual(const float *earlier, const float *later, float *residual, double *contrast);

/* A part of an aligned face or of the inner part of a patch, in its pixels. */
struct ml_region {
  int left, top, right, bottom;
};

/* Sums over a part of an aligned face: of the lumas, of their second differences across, down and both (edges), and of the sizes
 * of the second differences down of those across (noise). `left` is the sum of the left half; `dark` and `bright` count. */
struct ml_light {
  double sum, squares, left, dark, bright, across, across_squares, down, down_squares, edge_squares, noise;
};
void ml_light_sums(const float *lumas, struct ml_region in, float dark, float bright, struct ml_light *light);

/* The mean luma of every `step`-th pixel of a picture that is not near a place, and not below it. 0 if there is none. */
double ml_luma_around(struct ml_picture picture, bool colour, double x, double y, double radius, uint32_t step);

/* Sums over the inner pixels of a patch: of the lumas and their squares, and of the squares of the slopes across and down. */
struct ml_detail {
  double sum, squares, across, down;
};
void ml_detail_sums(const float *patch, struct ml_detail *detail);

/* Sums over each row of a part of an aligned face: of the lumas, and of their squares. */
void ml_row_sums(const float *lumas, struct ml_region in, double *sums, double *squares);

/* Of the values of the inner pixels: the mean square of a region, the median square and the largest size of the chosen. */
double ml_mean_square(const float *values, struct ml_region in);
double ml_median_square(const float *values, const uint8_t *chosen);
double ml_largest(const float *values, const uint8_t *chosen);

/* The median of some numbers, at least one: Hoare's quickselect, which changes their order. */
float ml_median(float *values, size_t count);

/* If `later` has less than this share of the contrast of `earlier`, the fit is one with noise, and the share is not used. */
#define ML_CONTRAST_AT_LEAST 0.3

/* What both fits share: the memory of a weighted least-squares fit. */
enum { ML_TERMS_AT_MOST = 24 };
struct ml_equations {
  double matrix[ML_TERMS_AT_MOST][ML_TERMS_AT_MOST];
  /* The values and weights of the fitted pixels, and one row of slopes times the weights. */
  double seen[ML_FITTED], weights[ML_FITTED], weighted[ML_FITTED];
};

/* Solves for the terms. `slopes` has a row of ML_FITTED values for each term. False if they cannot be told apart. */
bool ml_fit(struct ml_equations *equations, int terms, double (*slopes)[ML_FITTED], const float *seen, const float *weights,
            double ridge, double *solution);

/* Weights for residuals: large ones count little (Geman and McClure). `count` residuals give the deviation; every `each`-th
 * gets a weight. Changes the order of `sizes`, which has room for `count`. */
void ml_weigh(const float *residual, size_t count, size_t each, float *sizes, float *weights);

/* A coordinate inside a patch, with room for a neighbour. A value that is not a number becomes 0. */
static inline double ml_inside(double value) {
  double positive = value > 0 ? value : 0;
  return positive < ML_SIDE - 1.001 ? positive : ML_SIDE - 1.001;
}

/* The luma at a place of a patch, bilinear; a place outside is moved to the edge. */
static inline float ml_sample(const float *lumas, double x, double y) {
  double cx = ml_inside(x), cy = ml_inside(y);
  int left = (int)cx, top = (int)cy;
  double fx = cx - left, fy = cy - top;
  const float *at = lumas + top * ML_SIDE + left;
  double above = at[0] + (at[1] - at[0]) * fx;
  double below = at[ML_SIDE] + (at[ML_SIDE + 1] - at[ML_SIDE]) * fx;
  return (float)(above + (below - above) * fy);
}

/* The index of an inner pixel in its patch. */
static inline int ml_index(int x, int y) {
  return (ML_TOP + y) * ML_SIDE + ML_LEFT + x;
}

/* Coordinates that run from about -1 to 1 over the inner face, so that all slopes have a similar size. */
#define ML_SCALE 19.0
#define ML_MIDDLE_X 28.0
#define ML_MIDDLE_Y 33.5

static inline double ml_u(int x) {
  return (ML_LEFT + x - ML_MIDDLE_X) * (1 / ML_SCALE);
}

static inline double ml_v(int y) {
  return (ML_TOP + y - ML_MIDDLE_Y) * (1 / ML_SCALE);
}

#endif
