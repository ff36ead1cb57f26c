#include "faces.h"

#include <math.h>

/* Coordinates have 24 binary places, so that a step along a row is one addition. */
enum { PLACES = 24 };

static int64_t fixed(double value) {
  /* A coordinate beyond any picture, or one that is not a number, lies outside. */
  return fabs(value) < 1e6 ? (int64_t)floor(value * (1 << PLACES)) : INT64_MIN / 2;
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
  for (int y = 0; y < ML_ALIGNED; y++) {
    struct walk walk = walk_row(picture, to_source, y);
    for (int x = 0; x < ML_ALIGNED; x++, out += 3, step(&walk)) {
      bool inside = is_inside(&walk);
      for (size_t channel = 0; channel < 3; channel++)
        out[channel] = inside ? (uint8_t)((blend(picture, &walk, 3, channel) + 32768) >> 16) : 0;
    }
  }
}

void ml_align_luma(struct ml_picture picture, struct ml_similarity to_source, float *out) {
  for (int y = 0; y < ML_ALIGNED; y++) {
    struct walk walk = walk_row(picture, to_source, y);
    for (int x = 0; x < ML_ALIGNED; x++, step(&walk))
      *out++ = is_inside(&walk) ? (float)blend(picture, &walk, 1, 0) / 65536 : 0;
  }
}
