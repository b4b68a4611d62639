// Reads the header of a gzip file while the file is arriving, as a server does with uploaded files. This code is
// careful: it gives zlib the size of its buffer. zlib 1.2.11 forgets that between two pieces, and copies 4 GiB less a
// few bytes into it (CVE-2022-37434).
#include <colony/virtine.h>
#include <zlib.h>

struct header {
  /** Whether there was a whole header. */
  bool whole;
  /** When the file was last changed, in seconds since 1970. */
  uint32_t changed;
  /** Bytes of the extra field; at most 64 of them are read. */
  uint32_t extra;
};

/**
 * The header of a gzip file that arrives in pieces.
 * @param piece bytes in each
 */
virtine(memory("2MiB"), wallTime("1s")) struct header
    look(colony_in(size) const uint8_t *file, size_t size, uint32_t piece) {
  static uint8_t extra[64], text[1 << 10];
  z_stream stream = {0};
  gz_header header = {.extra = extra, .extra_max = sizeof extra};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK || inflateGetHeader(&stream, &header) != Z_OK)
    return (struct header){0};
  for (size_t at = 0; at < size && !header.done; at += piece) {
    stream.next_in = (uint8_t *)file + at;
    stream.avail_in = size - at < piece ? size - at : piece;
    stream.next_out = text;
    stream.avail_out = sizeof text;
    if (inflate(&stream, Z_BLOCK) != Z_OK) break;
  }
  inflateEnd(&stream);
  return (struct header){header.done == 1, header.time, header.extra_len};
}
