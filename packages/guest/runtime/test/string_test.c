// Compares the guest's string functions with the host's, on random strings at the very end of their memory.
#include "check.h"

#include <string.h>

void *guest_memcpy(void *, const void *, size_t);
void *guest_memset(void *, int, size_t);
void *guest_memmove(void *, const void *, size_t);
int guest_memcmp(const void *, const void *, size_t);
void *guest_memchr(const void *, int, size_t);
size_t guest_strlen(const char *), guest_strnlen(const char *, size_t);
int guest_strncmp(const char *, const char *, size_t), guest_strcmp(const char *, const char *);
char *guest_strchr(const char *, int), *guest_strrchr(const char *, int), *guest_strstr(const char *, const char *);
size_t guest_strspn(const char *, const char *), guest_strcspn(const char *, const char *);
char *guest_strpbrk(const char *, const char *), *guest_strcpy(char *, const char *),
    *guest_strncpy(char *, const char *, size_t);
char *guest_strcat(char *, const char *), *guest_strncat(char *, const char *, size_t), *guest_strdup(const char *);

static int sign(int x) { return (x > 0) - (x < 0); }

// Few letters, so that searches succeed; also bytes above 0x7f.
static char *random_text(void) {
  size_t length = random_below(20);
  char *text = malloc(length + 1);
  for (size_t i = 0; i < length; i++) text[i] = "ab\xe9"[random_below(3)];
  text[length] = 0;
  return text;
}

static void text_functions(const char *a, const char *b, size_t n) {
  CHECK(guest_strlen(a) == strlen(a) && guest_strnlen(a, n) == strnlen(a, n));
  CHECK(sign(guest_strcmp(a, b)) == sign(strcmp(a, b)) && sign(guest_strncmp(a, b, n)) == sign(strncmp(a, b, n)));
  for (int c = -1; c < 3; c++) {
    int letter = c < 0 ? 0 : "ab\xe9"[c];
    CHECK(guest_strchr(a, letter) == strchr(a, letter) && guest_strrchr(a, letter) == strrchr(a, letter));
    CHECK(guest_memchr(a, letter, strlen(a) + 1) == memchr(a, letter, strlen(a) + 1));
  }
  CHECK(guest_strstr(a, b) == strstr(a, b) && guest_strspn(a, b) == strspn(a, b) &&
        guest_strcspn(a, b) == strcspn(a, b));
  CHECK(guest_strpbrk(a, b) == strpbrk(a, b));
}

static void writing_functions(const char *a, const char *b, size_t n) {
  char x[64], y[64];
  memset(x, 0x55, sizeof x), memset(y, 0x55, sizeof y);
  CHECK(guest_strcpy(x, a) == x && guest_strcat(x, b) == x && guest_strncat(x, a, n) == x);
  strcpy(y, a), strcat(y, b), strncat(y, a, n);
  CHECK(memcmp(x, y, sizeof x) == 0);
  guest_strncpy(x, a, n), strncpy(y, a, n);
  CHECK(memcmp(x, y, sizeof x) == 0);
  char *copy = guest_strdup(a);
  CHECK(strcmp(copy, a) == 0);
  free(copy);
}

static void memory_functions(void) {
  uint8_t x[200], y[200];
  for (int i = 0; i < 200; i++) x[i] = y[i] = (uint8_t)random_number();
  size_t length = random_below(90), from = random_below(100), to = random_below(100);
  CHECK(guest_memmove(x + to, x + from, length) == x + to);
  memmove(y + to, y + from, length);
  CHECK(memcmp(x, y, sizeof x) == 0 && guest_memcmp(x, y, sizeof x) == 0);
  guest_memset(x + from, (int)to, length), memset(y + from, (int)to, length);
  CHECK(memcmp(x, y, sizeof x) == 0);
  y[random_below(200)] ^= 1;
  CHECK(sign(guest_memcmp(x, y, sizeof x)) == sign(memcmp(x, y, sizeof x)));
  guest_memcpy(x, y, 123);
  CHECK(memcmp(x, y, 123) == 0);
}

int main(void) {
  seed_tests();
  for (int round = 0; round < 50000; round++) {
    char *a = random_text(), *b = random_text();
    size_t n = random_below(20);
    text_functions(a, b, n);
    writing_functions(a, b, n);
    memory_functions();
    free(a), free(b);
  }
  printf("string: ok (seed %lu)\n", test_seed);
}
