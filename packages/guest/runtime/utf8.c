#include "utf8.h"

// Returns the size of the sequence at `bytes`, or 0 if it is invalid.
static size_t sequence(const uint8_t *bytes, size_t left) {
  uint8_t first = bytes[0];
  if (first < 0x80) return 1;
  size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || size > left) return 0;
  for (size_t i = 1; i < size; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
  }
  uint8_t second = bytes[1];
  if (first == 0xe0 && second < 0xa0) return 0;   // overlong
  if (first == 0xed && second >= 0xa0) return 0;  // surrogates
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second >= 0x90) return 0;
  return size;
}

size_t utf8_valid_prefix(const uint8_t *bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    size_t size = sequence(bytes + at, length - at);
    if (size == 0) break;
    at += size;
  }
  return at;
}
