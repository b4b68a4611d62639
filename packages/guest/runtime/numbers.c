// Floating-point numbers. A separate file, so that a program without them has no floating-point instruction (see
// c/runtime.ts).
#include "values.h"

double read_number(const struct cbor_item *item, const struct colony_place *place) {
  if (item->bigint || item->tag != CBOR_NO_TAG) refuse_value(place, "TypeError", "a number", type_name(item));
  if (item->kind == CBOR_NATURAL) return (double)item->value;
  if (item->kind == CBOR_NEGATIVE) return -1 - (double)item->value;
  if (item->kind != CBOR_DOUBLE) refuse_value(place, "TypeError", "a number", type_name(item));
  return item->number;
}
