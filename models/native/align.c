#include "faces.h"

#include <math.h>
#include <string.h>

/* Coordinates have 36 binary places, so that a step along a row is one addition, and a row of them is as exact as a double. */
enum { PLACES = 36 };

/* A face has no larger pixels, and no place further away is in a picture. Smaller ones fit into 64 bits at any step of a row. */
#define STEP_BELOW 1e4
#define FAR 1e7

static int64_t fixed(double value) {
  return (int64_t)llround(value * (double)(INT64_C(1) << PLACES));
}

/* False if a number is not finite or too large: then all places are outside. */
static bool is_usable(struct ml_similarity m) {
  return fabs(m.a) < STEP_BELOW && fabs(m.b) < STEP_BELOW && fabs(m.c) < FAR && fabs(m.d) < FAR;
}

/* A place in the picture, and the step to the next pixel of the row. */
struct walk {
  int64_t x, y, right, down, width, height;
};

static struct walk walk_row(struct ml_picture picture, struct ml_similarity m, int y) {
  return (struct walk){
      .x = fixed(m.c - m.b * y),
      .y = fixed(m.a * y + m.d),
      .right = fixed(m.a),
      .down = fixed(m.b),
      /* The last column and the last row have no neighbour beyond. */
      .width = ((int64_t)picture.width - 1) << PLACES,
      .height = ((int64_t)picture.height - 1) << PLACES,
  };
}

static inline bool is_inside(const struct walk *walk) {
  return (uint64_t)walk->x < (uint64_t)walk->width && (uint64_t)walk->y < (uint64_t)walk->height;
}

static inline void step(struct walk *walk) {
  walk->x += walk->right;
  walk->y += walk->down;
}

/* The weighted mean of four neighbours, in 65,536ths; the weights are in 256ths. */
static inline int blend(struct ml_picture picture, const struct walk *walk, size_t channels, size_t channel) {
  size_t line = picture.width * channels;
  const uint8_t *at = picture.data + (walk->y >> PLACES) * line + (walk->x >> PLACES) * channels + channel;
  int right = (walk->x >> (PLACES - 8)) & 255, below = (walk->y >> (PLACES - 8)) & 255;
  int upper = (256 - right) * at[0] + right * at[channels];
  int lower = (256 - right) * at[line] + right * at[line + channels];
  return (256 - below) * upper + below * lower;
}

void ml_align_colour(struct ml_picture picture, struct ml_similarity to_source, uint8_t *out) {
  memset(out, 0, ML_ALIGNED * ML_ALIGNED * 3);
  if (!is_usable(to_source)) return;
  for (int y = 0; y < ML_ALIGNED; y++) {
    struct walk walk = walk_row(picture, to_source, y);
    for (int x = 0; x < ML_ALIGNED; x++, out += 3, step(&walk)) {
      if (!is_inside(&walk)) continue;
      for (size_t channel = 0; channel < 3; channel++)
        out[channel] = (uint8_t)((blend(picture, &walk, 3, channel) + 32768) >> 16);
    }
  }
}

void ml_align_luma(struct ml_picture picture, struct ml_similarity to_source, float *out) {
  memset(out, 0, ML_ALIGNED * ML_ALIGNED * sizeof *out);
  if (!is_usable(to_source)) return;
  for (int y = 0; y < ML_ALIGNED; y++) {
    struct walk walk = walk_row(picture, to_source, y);
    for (int x = 0; x < ML_ALIGNED; x++, out++, step(&walk))
      if (is_inside(&walk)) *out = (float)blend(picture, &walk, 1, 0) / 65536;
  }
}
