#include "../lib/measure.h"
#include "aes.c"

static size_t work(const char *job, const uint8_t *input, size_t size) {
  static uint8_t data[1 << 20];
  static const uint8_t key[16] = {1}, counter[16] = {2};
  memcpy(data, input, size);
  aes_ctr(key, sizeof key, counter, data, size);
  return size;
}
