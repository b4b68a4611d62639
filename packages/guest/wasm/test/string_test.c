// Compares wasm/string.c, built under other names, with the C library: every small size, alignment and overlap, and
// large sizes around the change of method.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *colony_memcpy(void *to, const void *from, size_t n);
void *colony_memmove(void *to, const void *from, size_t n);
void *colony_memset(void *to, int value, size_t n);
int colony_memcmp(const void *a, const void *b, size_t n);
void *colony_memchr(const void *data, int value, size_t n);
size_t colony_strlen(const char *text);

enum { ROOM = 4096, EDGE = 600 };

static unsigned char ours[ROOM], theirs[ROOM];

static void fill(void) {
  for (int i = 0; i < ROOM; i++) ours[i] = theirs[i] = (unsigned char)(i * 7 + i / 251);
}

static void check(int right, const char *what, size_t a, size_t b, size_t n) {
  if (right) return;
  printf("%s differs: %zu, %zu, %zu bytes\n", what, a, b, n);
  exit(1);
}

static void check_move(size_t to, size_t from, size_t n) {
  fill();
  void *result = colony_memmove(ours + to, ours + from, n);
  memmove(theirs + to, theirs + from, n);
  check(result == ours + to && memcmp(ours, theirs, ROOM) == 0, "memmove", to, from, n);
}

static void check_set(size_t to, size_t n) {
  fill();
  colony_memset(ours + to, 0x1a5, n);
  memset(theirs + to, 0x1a5, n);  // NOLINT(bugprone-suspicious-memset-usage): only the low byte counts
  check(memcmp(ours, theirs, ROOM) == 0, "memset", to, 0, n);
}

static void check_compare(size_t at, size_t n) {
  fill();
  check(colony_memcmp(ours, theirs, n) == 0, "memcmp", 0, 0, n);
  if (at >= n) return;
  ours[at] ^= 0x80;
  int sign = colony_memcmp(ours, theirs, n);
  check(sign != 0 && (sign < 0) == (memcmp(ours, theirs, n) < 0), "memcmp", at, 0, n);
}

int main(void) {
  for (size_t n = 0; n < EDGE; n++) {
    for (size_t shift = 0; shift <= 70; shift++) {
      check_move(EDGE + shift, EDGE, n);
      check_move(EDGE, EDGE + shift, n);
    }
    check_move(3 * EDGE, 0, n);
    for (size_t at = 0; at < 17; at++) check_set(at, n);
    for (size_t at = 0; at < 40; at++) check_compare(at, n);
  }
  for (size_t n = 1500; n < 1520; n++) check_move(100, 101, n), check_move(101, 100, n), check_set(5, n);
  fill();
  colony_memcpy(ours, ours + ROOM / 2, ROOM / 2);
  memcpy(theirs, theirs + ROOM / 2, ROOM / 2);
  check(memcmp(ours, theirs, ROOM) == 0, "memcpy", 0, 0, ROOM / 2);
  check(colony_memchr("abcb", 'b', 4) != NULL && colony_memchr("abcb", 'x', 4) == NULL, "memchr", 0, 0, 4);
  check(colony_strlen("") == 0 && colony_strlen("abc") == 3, "strlen", 0, 0, 3);
  return 0;
}
