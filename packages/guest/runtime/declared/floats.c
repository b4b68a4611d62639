// Floating-point numbers. A separate file, so that images without them contain no floating-point instruction.
#include "colony/glue.h"

#include "runtime.h"

#include <string.h>

void colony_read_floats(const struct cbor_item *item, const struct colony_place *place, int bits, void *to) {
  size_t size = (unsigned)bits / 8;
  if (item->kind == CBOR_BYTES) {
    memcpy(to, item->data, item->value / size * size);
    return;
  }
  struct cbor_reader items = item->content;
  uint8_t *at = to;
  for (uint64_t i = 0; i < item->value; i++, at += size) {
    struct cbor_item each;
    struct colony_place inner = {place, NULL, i};
    colony_next(&items, &each);
    double value = read_number(&each, &inner);
    float narrow = (float)value;
    if (bits == 32) memcpy(at, &narrow, size);
    else memcpy(at, &value, size);
  }
}
