// mem* and str* for the library OS in a virtine. Tests on the host use the host's own. The string instructions of the
// processor need no vector registers, and are fast for the lengths that count.
#include "../kernel.h"

void *memcpy(void *to, const void *from, size_t length) {
  void *at = to;
  __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
  return to;
}

// A word is read before it is written, so parts may overlap. The string instructions are slow downwards, and their
// direction flag must not be set when a fault enters the library OS.
static void copy_down(char *to, const char *from, size_t length) {
  uint64_t word;
  for (; length >= sizeof word; length -= sizeof word) {
    __builtin_memcpy(&word, from + length - sizeof word, sizeof word);
    __builtin_memcpy(to + length - sizeof word, &word, sizeof word);
  }
  while (length-- > 0) to[length] = from[length];
}

// Copies upwards unless `to` begins inside of `from`.
void *memmove(void *to, const void *from, size_t length) {
  if ((uintptr_t)to - (uintptr_t)from >= length) return memcpy(to, from, length);
  copy_down(to, from, length);
  return to;
}

void *memset(void *to, int byte, size_t length) {
  void *at = to;
  __asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(byte) : "memory");
  return to;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *x = a, *y = b;
  for (size_t i = 0; i < length; i++)
    if (x[i] != y[i]) return x[i] - y[i];
  return 0;
}

size_t strlen(const char *text) {
  const char *end = text;
  while (*end != 0) end++;
  return (size_t)(end - text);
}

int strncmp(const char *a, const char *b, size_t most) {
  for (size_t i = 0; i < most; i++)
    if (a[i] != b[i] || a[i] == 0) return (uint8_t)a[i] - (uint8_t)b[i];
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strchr(const char *text, int letter) {
  for (; *text != (char)letter; text++)
    if (*text == 0) return NULL;
  return (char *)text;
}

char *strrchr(const char *text, int letter) {
  const char *found = NULL;
  for (const char *at = strchr(text, letter); at != NULL; at = *at == 0 ? NULL : strchr(at + 1, letter)) found = at;
  return (char *)found;
}
