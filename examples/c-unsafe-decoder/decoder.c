// Unpacks run-length encoded pictures: width, height, then pairs of count and value. The decoder trusts its input, as
// decoders have done since there are decoders: nothing stops a run from going on behind the end of `pixels`.
#include <colony/virtine.h>

static uint8_t pixels[64 * 64];

colony_bytes decode(colony_bytes file) {
  if (file.len < 2) colony_throw("the file is too short");
  uint32_t width = file.data[0], height = file.data[1];
  uint8_t *out = pixels;
  for (size_t at = 2; at + 1 < file.len; at += 2) {
    for (uint32_t run = file.data[at]; run > 0; run--) *out++ = file.data[at + 1];  // the bug
  }
  return colony_bytes_of(pixels, width * height);
}
COLONY_EXPORT(colony_bytes, decode, colony_bytes);
