// memcpy and the like: all libc functions that wasm2c's output, gcc itself and the guest runtime call. Faster at small
// sizes than runtime/native/mem.c, because a Wasm program's own memcpy and memmove end here. Small sizes use
// overlapping moves, large ones the string instructions.
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// From this size on, `rep movsb` is faster than a loop of 16-byte moves.
#define REP_THRESHOLD 512

static inline uint64_t load64(const char *p) {
  uint64_t v;
  __builtin_memcpy(&v, p, 8);
  return v;
}
static inline uint32_t load32(const char *p) {
  uint32_t v;
  __builtin_memcpy(&v, p, 4);
  return v;
}
static inline void store64(char *p, uint64_t v) { __builtin_memcpy(p, &v, 8); }
static inline void store32(char *p, uint32_t v) { __builtin_memcpy(p, &v, 4); }
static inline __m128i load128(const char *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline void store128(char *p, __m128i v) { _mm_storeu_si128((__m128i *)p, v); }

// Moves at most 32 bytes. All loads come before the stores, so overlap does not matter.
static inline void move_small(char *d, const char *s, size_t n) {
  if (n >= 16) {
    __m128i a = load128(s), b = load128(s + n - 16);
    store128(d, a);
    store128(d + n - 16, b);
  } else if (n >= 8) {
    uint64_t a = load64(s), b = load64(s + n - 8);
    store64(d, a);
    store64(d + n - 8, b);
  } else if (n >= 4) {
    uint32_t a = load32(s), b = load32(s + n - 4);
    store32(d, a);
    store32(d + n - 4, b);
  } else if (n > 0) {
    char a = s[0], b = s[n / 2], c = s[n - 1];
    d[0] = a;
    d[n / 2] = b;
    d[n - 1] = c;
  }
}

// The destination must not begin inside the source.
static inline void move_up(char *d, const char *s, size_t n) {
  if (n >= REP_THRESHOLD) {
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
    return;
  }
  __m128i last = load128(s + n - 16);
  char *end = d + n - 16;
  for (; d < end; d += 16, s += 16) store128(d, load128(s));
  store128(end, last);
}

static inline void move_down(char *d, const char *s, size_t n) {
  __m128i first = load128(s);
  char *start = d;
  for (d += n, s += n; d - start > 16;) {
    d -= 16;
    s -= 16;
    store128(d, load128(s));
  }
  store128(start, first);
}

void *memmove(void *dest, const void *src, size_t n) {
  char *d = dest;
  const char *s = src;
  if (n <= 32) {
    move_small(d, s, n);
  } else if ((size_t)(d - s) >= n) {
    move_up(d, s, n);
  } else {
    move_down(d, s, n);
  }
  return dest;
}

void *memcpy(void *restrict dest, const void *restrict src, size_t n) { return memmove(dest, src, n); }

// Sets at most 16 bytes; `word` is the value, eight times.
static inline void set_small(char *d, uint64_t word, size_t n) {
  if (n >= 8) {
    store64(d, word);
    store64(d + n - 8, word);
  } else if (n >= 4) {
    store32(d, (uint32_t)word);
    store32(d + n - 4, (uint32_t)word);
  } else if (n > 0) {
    d[0] = d[n / 2] = d[n - 1] = (char)word;
  }
}

void *memset(void *dest, int value, size_t n) {
  char *d = dest;
  if (n <= 16) {
    set_small(d, (uint8_t)value * 0x0101010101010101u, n);
  } else if (n < REP_THRESHOLD) {
    __m128i v = _mm_set1_epi8((char)value);
    char *end = d + n - 16;
    for (; d < end; d += 16) store128(d, v);
    store128(end, v);
  } else {
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(value) : "memory");
  }
  return dest;
}

int memcmp(const void *left, const void *right, size_t n) {
  const unsigned char *a = left, *b = right;
  for (; n >= 8 && load64((const char *)a) == load64((const char *)b); n -= 8) {
    a += 8;
    b += 8;
  }
  for (; n > 0; n--, a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

void *memchr(const void *data, int value, size_t n) {
  for (const unsigned char *at = data; n > 0; n--, at++) {
    if (*at == (unsigned char)value) return (void *)at;
  }
  return NULL;
}

size_t strlen(const char *text) {
  size_t n = 0;
  while (text[n] != 0) n++;
  return n;
}
