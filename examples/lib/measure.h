// Times a library's function in a process of the usual kind: PROGRAM JOB INPUT COUNT prints how many bytes come out, and
// then the nanoseconds of each call.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// One call; gives the bytes that came out.
static size_t work(const char *job, const uint8_t *input, size_t size);

_Noreturn void colony_throw(const char *message) {
  fprintf(stderr, "%s\n", message);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
  enum { MOST = 1 << 20, WARM_UP = 10 };
  static uint8_t input[MOST];
  FILE *file = count == 4 ? fopen(arguments[2], "rb") : NULL;
  if (file == NULL) return 2;
  const size_t size = fread(input, 1, MOST - 1, file);
  size_t out = 0;
  for (int i = 0; i < WARM_UP; i++) out = work(arguments[1], input, size);
  printf("%zu", out);
  for (int left = atoi(arguments[3]); left > 0; left--) {
    const long long start = now();
    work(arguments[1], input, size);
    printf(" %lld", now() - start);
  }
}
