// The functions that gcc itself calls, and memchr. The string instructions are fast on every processor that runs KVM
// (ERMS), and small on all.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  void *at = to;
  __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
  return to;
}

void *memset(void *to, int byte, size_t length) {
  void *at = to;
  __asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(byte) : "memory");
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if ((uintptr_t)out - (uintptr_t)in >= length) return memcpy(to, from, length);
  while (length >= 8) {  // backwards, eight bytes at a time: `rep` with the direction flag is slow
    uint64_t word;
    length -= 8;
    __builtin_memcpy(&word, in + length, 8);
    __builtin_memcpy(out + length, &word, 8);
  }
  while (length-- > 0) out[length] = in[length];
  return to;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *x = a, *y = b;
  for (; length >= 8; length -= 8, x += 8, y += 8) {
    uint64_t u, v;
    __builtin_memcpy(&u, x, 8);
    __builtin_memcpy(&v, y, 8);
    if (u != v) break;
  }
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
