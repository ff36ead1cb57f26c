#include "faces.h"

#include <string.h>

/* Where a pixel of the aligned face lies in the picture: the index of its upper left neighbour, and the weights of the
 * right and lower neighbours in 256ths. */
struct place {
  size_t at;
  int right, below;
};

static bool place_of(struct ml_picture picture, struct ml_similarity m, int x, int y, struct place *place) {
  double sx = m.a * x - m.b * y + m.c;
  double sy = m.b * x + m.a * y + m.d;
  /* A coordinate that is not a number is outside, too. */
  if (!(sx >= 0 && sy >= 0 && sx < picture.width - 1.0 && sy < picture.height - 1.0)) return false;
  uint32_t left = (uint32_t)sx, top = (uint32_t)sy;
  place->at = (size_t)top * picture.width + left;
  place->right = (int)((sx - left) * 256);
  place->below = (int)((sy - top) * 256);
  return true;
}

/* The weighted mean of four neighbours, in 65,536ths. `step` leads to the right one and `line` to the lower one. */
static inline int blend(const uint8_t *from, size_t step, size_t line, int right, int below) {
  int se = right * below, sw = (256 - right) * below, ne = (256 - below) * right, nw = 65536 - ne - sw - se;
  return nw * from[0] + ne * from[step] + sw * from[line] + se * from[line + step];
}

void ml_align_colour(struct ml_picture picture, struct ml_similarity to_source, uint8_t *out) {
  size_t line = (size_t)picture.width * 3;
  struct place place;
  memset(out, 0, ML_ALIGNED * ML_ALIGNED * 3);
  for (int y = 0; y < ML_ALIGNED; y++) {
    for (int x = 0; x < ML_ALIGNED; x++, out += 3) {
      if (!place_of(picture, to_source, x, y, &place)) continue;
      const uint8_t *from = picture.data + place.at * 3;
      for (int channel = 0; channel < 3; channel++)
        out[channel] = (uint8_t)((blend(from + channel, 3, line, place.right, place.below) + 32768) >> 16);
    }
  }
}

void ml_align_luma(struct ml_picture picture, struct ml_similarity to_source, float *out) {
  struct place place;
  memset(out, 0, ML_ALIGNED * ML_ALIGNED * sizeof *out);
  for (int y = 0; y < ML_ALIGNED; y++) {
    for (int x = 0; x < ML_ALIGNED; x++, out++) {
      if (!place_of(picture, to_source, x, y, &place)) continue;
      *out = (float)blend(picture.data + place.at, 1, picture.width, place.right, place.below) / 65536;
    }
  }
}
