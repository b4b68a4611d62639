// LodePNG as virtines. It is one file that is valid C and C++. Checksums of PNG files are not checked, so that damaged
// files get as far into the decoder as they can.
#define LODEPNG_NO_COMPILE_CPP
#define LODEPNG_NO_COMPILE_DISK
#define LODEPNG_NO_COMPILE_ERROR_TEXT
#include <colony/virtine.h>
#include <lodepng.cpp>

struct picture {
  /** LodePNG's error code, or 0. */
  unsigned error;
  unsigned width;
  unsigned height;
};

static struct picture decode_into(LodePNGState *state, const uint8_t *file, size_t size, uint8_t *pixels,
                                  size_t *room) {
  struct picture picture = {0};
  unsigned char *decoded = NULL;
  picture.error = lodepng_decode(&decoded, &picture.width, &picture.height, state, file, size);
  const size_t bytes = (size_t)picture.width * picture.height * 4;
  if (picture.error == 0 && bytes > *room) picture.error = 83;  // as where there is no memory
  *room = picture.error == 0 ? bytes : 0;
  if (*room > 0) memcpy(pixels, decoded, *room);
  free(decoded);
  return picture;
}

/**
 * Pixels of a PNG: red, green, blue and alpha, a byte each.
 * @param room bytes that they may have
 */
virtine(memory("8MiB"), wallTime("2s")) struct picture
    decode(colony_in(size) const uint8_t *file, size_t size, colony_out(*room) uint8_t *pixels, size_t *room) {
  LodePNGState state;
  lodepng_state_init(&state);
  state.decoder.ignore_crc = state.decoder.ignore_critical = state.decoder.ignore_end = 1;
  state.decoder.zlibsettings.ignore_adler32 = 1;
  const struct picture picture = decode_into(&state, file, size, pixels, room);
  lodepng_state_cleanup(&state);
  return picture;
}

/**
 * A PNG of pixels.
 * @param interlaced in seven passes, coarse ones first
 * @returns LodePNG's error code, or 0
 */
virtine(memory("8MiB"), wallTime("2s")) unsigned encode(colony_in(size) const uint8_t *pixels, size_t size,
                                                        unsigned width, unsigned height, bool interlaced,
                                                        colony_out(*room) uint8_t *file, size_t *room) {
  if ((uint64_t)width * height * 4 != size) colony_throw("pixels: not as many as width and height say");
  LodePNGState state;
  lodepng_state_init(&state);
  state.info_png.interlace_method = interlaced;
  unsigned char *encoded = NULL;
  size_t bytes = 0;
  unsigned error = lodepng_encode(&encoded, &bytes, pixels, width, height, &state);
  if (error == 0 && bytes > *room) error = 83;
  *room = error == 0 ? bytes : 0;
  memcpy(file, encoded, *room);
  free(encoded);
  lodepng_state_cleanup(&state);
  return error;
}
