// A separate file for the same reason as numbers.c.
#include "cbor.h"

#include <string.h>

void cbor_put_double(struct cbor_writer *writer, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint8_t out[9] = {0xfb};
  for (int i = 0; i < 8; i++) out[1 + i] = (uint8_t)(bits >> (56 - 8 * i));
  cbor_put_raw(writer, out, sizeof out);
}
