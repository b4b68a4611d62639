// The functions that clang itself calls, and memchr. Engines implement memory.copy and memory.fill as calls, which are
// faster only for large sizes. Only this file is compiled with those instructions.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// From this size on, the engine's own copy is faster.
enum { BULK = 128 };

static inline uint64_t load64(const uint8_t *at) {
  uint64_t word;
  __builtin_memcpy(&word, at, 8);
  return word;
}
static inline uint32_t load32(const uint8_t *at) {
  uint32_t word;
  __builtin_memcpy(&word, at, 4);
  return word;
}
static inline void store64(uint8_t *at, uint64_t word) { __builtin_memcpy(at, &word, 8); }
static inline void store32(uint8_t *at, uint32_t word) { __builtin_memcpy(at, &word, 4); }

// Moves at most 16 bytes. All loads come before the stores, so overlap does not matter.
static inline void move_small(uint8_t *to, const uint8_t *from, size_t length) {
  if (length >= 8) {
    uint64_t first = load64(from), last = load64(from + length - 8);
    store64(to, first);
    store64(to + length - 8, last);
  } else if (length >= 4) {
    uint32_t first = load32(from), last = load32(from + length - 4);
    store32(to, first);
    store32(to + length - 4, last);
  } else if (length > 0) {
    uint8_t first = from[0], middle = from[length / 2], last = from[length - 1];
    to[0] = first;
    to[length / 2] = middle;
    to[length - 1] = last;
  }
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  if (length <= 16) {
    move_small(to, from, length);
  } else if (length >= BULK) {
    __builtin_memcpy(to, from, length);
  } else {
    uint8_t *out = to, *end = out + length - 8;
    const uint8_t *in = from;
    uint64_t last = load64(in + length - 8);
    for (; out < end; out += 8, in += 8) store64(out, load64(in));
    store64(end, last);
  }
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  if (length <= 16) move_small(to, from, length);
  else __builtin_memmove(to, from, length);
  return to;
}

void *memset(void *to, int byte, size_t length) {
  uint8_t *out = to;
  if (length >= BULK) {
    __builtin_memset(to, byte, length);
  } else if (length >= 8) {
    uint64_t word = (uint8_t)byte * 0x0101010101010101u;
    uint8_t *end = out + length - 8;
    for (; out < end; out += 8) store64(out, word);
    store64(end, word);
  } else {
    for (; length > 0; length--) *out++ = (uint8_t)byte;
  }
  return to;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *x = a, *y = b;
  for (; length >= 8 && load64(x) == load64(y); length -= 8) x += 8, y += 8;
  for (; length > 0; length--, x++, y++) {
    if (*x != *y) return *x - *y;
  }
  return 0;
}

void *memchr(const void *in, int byte, size_t length) {
  const uint8_t *at = in;
  for (; length > 0; length--, at++) {
    if (*at == (uint8_t)byte) return (void *)at;
  }
  return NULL;
}
