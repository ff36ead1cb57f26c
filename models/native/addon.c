#include "arguments.h"
#include "faces.h"

#include <string.h>

static napi_value truth(napi_env env, bool value) {
  napi_value result = NULL;
  ml_ok(env, napi_get_boolean(env, value, &result));
  return result;
}

/* More than the pixels of any picture that is decoded, so that a long and thin one is a picture, too. */
enum { SIDE_AT_MOST = 1 << 24 };
_Static_assert(sizeof(size_t) >= 8, "the product of two sides and the channels fits");
/* A pack sharpens by at most 3 (pack/manifest.ts). A larger amount is a mistake. */
enum { SHARE_AT_MOST = 16 * 256 };

static bool read_side(napi_env env, napi_value value, uint32_t most, uint32_t *side) {
  double number;
  if (!ml_number(env, value, &number)) return false;
  if (!(number >= 1 && number <= most)) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a side of a picture is out of range");
    return false;
  }
  *side = (uint32_t)number;
  return true;
}

/* (data, width, height) */
static bool read_picture(napi_env env, const napi_value *values, size_t channels, struct ml_picture *picture) {
  uint8_t *data;
  if (!read_side(env, values[1], SIDE_AT_MOST, &picture->width)) return false;
  if (!read_side(env, values[2], SIDE_AT_MOST, &picture->height)) return false;
  if (!ml_bytes(env, values[0], (size_t)picture->width * picture->height * channels, &data)) return false;
  picture->data = data;
  return true;
}

static bool read_canvas(napi_env env, const napi_value *values, size_t channels, struct ml_canvas *canvas) {
  return read_side(env, values[1], ML_CANVAS_AT_MOST, &canvas->width) &&
         read_side(env, values[2], ML_CANVAS_AT_MOST, &canvas->height) &&
         ml_bytes(env, values[0], (size_t)canvas->width * canvas->height * channels, &canvas->data);
}

static bool read_four(napi_env env, const napi_value *values, double *a, double *b, double *c, double *d) {
  return ml_number(env, values[0], a) && ml_number(env, values[1], b) && ml_number(env, values[2], c) &&
         ml_number(env, values[3], d);
}

/* (data, width, height, x, y, width, height, spread, canvas, width, height) */
static napi_value crop(napi_env env, napi_callback_info info, bool colour) {
  napi_value values[11];
  struct ml_picture picture;
  struct ml_box region;
  struct ml_canvas canvas;
  bool spread;
  size_t channels = colour ? 3 : 1;
  if (!ml_arguments(env, info, 11, values) || !read_picture(env, values, channels, &picture)) return NULL;
  if (!read_four(env, values + 3, &region.x, &region.y, &region.width, &region.height)) return NULL;
  if (!ml_bool(env, values[7], &spread) || !read_canvas(env, values + 8, channels, &canvas)) return NULL;
  ml_crop(picture, region, spread, colour, canvas);
  return NULL;
}

static napi_value crop_colour(napi_env env, napi_callback_info info) {
  return crop(env, info, true);
}

static napi_value crop_luma(napi_env env, napi_callback_info info) {
  return crop(env, info, false);
}

/* (data, width, height, a, b, c, d, out) */
static bool read_alignment(napi_env env, napi_callback_info info, size_t channels, struct ml_picture *picture,
                           struct ml_similarity *m, napi_value *out) {
  napi_value values[8];
  if (!ml_arguments(env, info, 8, values) || !read_picture(env, values, channels, picture)) return false;
  *out = values[7];
  return read_four(env, values + 3, &m->a, &m->b, &m->c, &m->d);
}

static napi_value align_colour(napi_env env, napi_callback_info info) {
  struct ml_picture picture;
  struct ml_similarity to_source;
  napi_value value;
  uint8_t *out;
  if (!read_alignment(env, info, 3, &picture, &to_source, &value)) return NULL;
  if (!ml_bytes(env, value, ML_ALIGNED * ML_ALIGNED * 3, &out)) return NULL;
  ml_align_colour(picture, to_source, out);
  return NULL;
}

static napi_value align_luma(napi_env env, napi_callback_info info) {
  struct ml_picture picture;
  struct ml_similarity to_source;
  napi_value value;
  float *out;
  if (!read_alignment(env, info, 1, &picture, &to_source, &value)) return NULL;
  if (!ml_floats(env, value, ML_ALIGNED * ML_ALIGNED, &out)) return NULL;
  ml_align_luma(picture, to_source, out);
  return NULL;
}

/* (data, width, height, share, across, out) */
static napi_value sharpen(napi_env env, napi_callback_info info) {
  napi_value values[6];
  struct ml_picture picture;
  double share;
  uint16_t *across;
  uint8_t *out;
  if (!ml_arguments(env, info, 6, values) || !read_picture(env, values, 3, &picture)) return NULL;
  size_t length = (size_t)picture.width * picture.height * 3;
  if (!ml_number(env, values[3], &share) || !ml_shorts(env, values[4], length, &across)) return NULL;
  if (!ml_bytes(env, values[5], length, &out)) return NULL;
  if (share >= 0 && share <= SHARE_AT_MOST) ml_sharpen(picture, (int32_t)share, across, out);
  else napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the amount of sharpening is out of range");
  return NULL;
}

/* (pixels, width, height, lumas) */
static napi_value lumas_of(napi_env env, napi_callback_info info) {
  napi_value values[4];
  struct ml_picture picture;
  float *lumas;
  if (!ml_arguments(env, info, 4, values) || !read_picture(env, values, 3, &picture)) return NULL;
  size_t count = (size_t)picture.width * picture.height;
  if (!ml_floats(env, values[3], count, &lumas)) return NULL;
  ml_lumas_of(picture.data, count, lumas);
  return NULL;
}

/* (pixels, width, height, blue first, out) */
static napi_value planes_of_bytes(napi_env env, napi_callback_info info) {
  napi_value values[5];
  struct ml_picture picture;
  bool blue_first;
  uint8_t *out;
  if (!ml_arguments(env, info, 5, values) || !read_picture(env, values, 3, &picture)) return NULL;
  size_t count = (size_t)picture.width * picture.height;
  if (!ml_bool(env, values[3], &blue_first) || !ml_bytes(env, values[4], count * 3, &out)) return NULL;
  ml_planes_of_bytes(picture.data, count, blue_first, out);
  return NULL;
}

/* (pixels, width, height, blue first, out, table) */
static napi_value planes_of_floats(napi_env env, napi_callback_info info) {
  napi_value values[6];
  struct ml_picture picture;
  bool blue_first;
  float *out, *table;
  if (!ml_arguments(env, info, 6, values) || !read_picture(env, values, 3, &picture)) return NULL;
  size_t count = (size_t)picture.width * picture.height;
  if (!ml_bool(env, values[3], &blue_first) || !ml_floats(env, values[4], count * 3, &out)) return NULL;
  if (!ml_floats(env, values[5], 256, &table)) return NULL;
  ml_planes_of_floats(picture.data, count, blue_first, table, out);
  return NULL;
}

/* (aligned, patch) */
static napi_value patch(napi_env env, napi_callback_info info) {
  napi_value values[2];
  float *aligned, *out;
  if (!ml_arguments(env, info, 2, values)) return NULL;
  if (!ml_floats(env, values[0], ML_ALIGNED * ML_ALIGNED, &aligned)) return NULL;
  if (!ml_floats(env, values[1], ML_SIDE * ML_SIDE, &out)) return NULL;
  ml_patch(aligned, out);
  return NULL;
}

static bool read_region(napi_env env, const napi_value *values, int width, int height, struct ml_region *region) {
  double left, top, right, bottom;
  if (!read_four(env, values, &left, &top, &right, &bottom)) return false;
  if (left >= 0 && top >= 0 && right <= width && bottom <= height) {
    *region = (struct ml_region){(int)left, (int)top, (int)right, (int)bottom};
    if (region->left < region->right && region->top < region->bottom) return true;
  }
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a region is not inside the face");
  return false;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  ml_ok(env, napi_create_double(env, value, &result));
  return result;
}

/* (lumas, left, top, right, bottom, dark, bright, sums) */
static napi_value light_sums(napi_env env, napi_callback_info info) {
  napi_value values[8];
  struct ml_region in;
  float *lumas;
  double dark, bright, *sums;
  size_t count = sizeof(struct ml_light) / sizeof(double);
  if (!ml_arguments(env, info, 8, values) || !ml_floats(env, values[0], ML_ALIGNED * ML_ALIGNED, &lumas)) return NULL;
  if (!read_region(env, values + 1, ML_ALIGNED - 1, ML_ALIGNED - 1, &in)) return NULL;
  if (in.left < 1 || in.top < 1) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a pixel at the edge has no neighbours");
    return NULL;
  }
  if (!ml_number(env, values[5], &dark) || !ml_number(env, values[6], &bright)) return NULL;
  if (!ml_doubles(env, values[7], count, &sums)) return NULL;
  struct ml_light light;
  ml_light_sums(lumas, in, (float)dark, (float)bright, &light);
  memcpy(sums, &light, sizeof light);
  return NULL;
}

/* (patch, sums) */
static napi_value detail_sums(napi_env env, napi_callback_info info) {
  napi_value values[2];
  float *patch;
  double *sums;
  struct ml_detail detail;
  if (!ml_arguments(env, info, 2, values) || !ml_floats(env, values[0], ML_SIDE * ML_SIDE, &patch)) return NULL;
  if (!ml_doubles(env, values[1], sizeof detail / sizeof(double), &sums)) return NULL;
  ml_detail_sums(patch, &detail);
  memcpy(sums, &detail, sizeof detail);
  return NULL;
}

/* (lumas, left, top, right, bottom, sums and squares) */
static napi_value row_sums(napi_env env, napi_callback_info info) {
  napi_value values[6];
  struct ml_region in;
  float *lumas;
  double *sums;
  if (!ml_arguments(env, info, 6, values) || !ml_floats(env, values[0], ML_ALIGNED * ML_ALIGNED, &lumas)) return NULL;
  if (!read_region(env, values + 1, ML_ALIGNED, ML_ALIGNED, &in)) return NULL;
  size_t rows = (size_t)(in.bottom - in.top);
  if (!ml_doubles(env, values[5], 2 * rows, &sums)) return NULL;
  ml_row_sums(lumas, in, sums, sums + rows);
  return NULL;
}

/* (data, width, height, x, y, radius, step, colour) */
static napi_value luma_around(napi_env env, napi_callback_info info) {
  napi_value values[8];
  struct ml_picture picture;
  double x, y, radius, step;
  bool colour;
  if (!ml_arguments(env, info, 8, values) || !ml_bool(env, values[7], &colour)) return NULL;
  if (!read_picture(env, values, colour ? 3 : 1, &picture)) return NULL;
  if (!ml_number(env, values[3], &x) || !ml_number(env, values[4], &y) || !ml_number(env, values[5], &radius)) return NULL;
  if (!ml_number(env, values[6], &step)) return NULL;
  if (step >= 1 && step <= SIDE_AT_MOST) return number(env, ml_luma_around(picture, colour, x, y, radius, (uint32_t)step));
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the step between pixels is out of range");
  return NULL;
}

/* (values, left, top, right, bottom) */
static napi_value mean_square(napi_env env, napi_callback_info info) {
  napi_value values[5];
  struct ml_region in;
  float *residual;
  if (!ml_arguments(env, info, 5, values) || !ml_floats(env, values[0], ML_PIXELS, &residual)) return NULL;
  if (!read_region(env, values + 1, ML_WIDTH, ML_HEIGHT, &in)) return NULL;
  return number(env, ml_mean_square(residual, in));
}

/* (values, chosen) */
static napi_value of_chosen(napi_env env, napi_callback_info info, double (*measure)(const float *, const uint8_t *)) {
  napi_value values[2];
  float *residual;
  uint8_t *chosen;
  if (!ml_arguments(env, info, 2, values) || !ml_floats(env, values[0], ML_PIXELS, &residual)) return NULL;
  if (!ml_bytes(env, values[1], ML_PIXELS, &chosen)) return NULL;
  return number(env, measure(residual, chosen));
}

static napi_value median_square(napi_env env, napi_callback_info info) {
  return of_chosen(env, info, ml_median_square);
}

static napi_value largest(napi_env env, napi_callback_info info) {
  return of_chosen(env, info, ml_largest);
}

/* (earlier, later, residual) */
static bool read_patches(napi_env env, napi_callback_info info, float **earlier, float **later, float **residual) {
  napi_value values[3];
  return ml_arguments(env, info, 3, values) && ml_floats(env, values[0], ML_SIDE * ML_SIDE, earlier) &&
         ml_floats(env, values[1], ML_SIDE * ML_SIDE, later) && ml_floats(env, values[2], ML_PIXELS, residual);
}

static napi_value plane_residual(napi_env env, napi_callback_info info) {
  float *earlier, *later, *residual;
  if (!read_patches(env, info, &earlier, &later, &residual)) return NULL;
  return truth(env, ml_plane_residual(earlier, later, residual));
}

static napi_value bend_residual(napi_env env, napi_callback_info info) {
  float *earlier, *later, *residual;
  double contrast;
  if (!read_patches(env, info, &earlier, &later, &residual)) return NULL;
  return ml_bend_residual(earlier, later, residual, &contrast) ? number(env, contrast) : NULL;
}

static napi_value initialise(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {.utf8name = "cropColour", .method = crop_colour},
      {.utf8name = "cropLuma", .method = crop_luma},
      {.utf8name = "alignColour", .method = align_colour},
      {.utf8name = "alignLuma", .method = align_luma},
      {.utf8name = "sharpen", .method = sharpen},
      {.utf8name = "planesOfBytes", .method = planes_of_bytes},
      {.utf8name = "planesOfFloats", .method = planes_of_floats},
      {.utf8name = "patch", .method = patch},
      {.utf8name = "lightSums", .method = light_sums},
      {.utf8name = "detailSums", .method = detail_sums},
      {.utf8name = "rowSums", .method = row_sums},
      {.utf8name = "lumasOf", .method = lumas_of},
      {.utf8name = "lumaAround", .method = luma_around},
      {.utf8name = "meanSquare", .method = mean_square},
      {.utf8name = "medianSquare", .method = median_square},
      {.utf8name = "largest", .method = largest},
      {.utf8name = "planeResidual", .method = plane_residual},
      {.utf8name = "bendResidual", .method = bend_residual},
  };
  ml_ok(env, napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions));
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, initialise)
