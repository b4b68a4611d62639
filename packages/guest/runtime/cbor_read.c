#include "cbor.h"

#include <string.h>

static size_t left(const struct cbor_reader *reader) { return (size_t)(reader->end - reader->at); }

static bool big_endian(struct cbor_reader *reader, size_t size, uint64_t *value) {
  if (left(reader) < size) return false;
  uint64_t result = 0;
  for (size_t i = 0; i < size; i++) result = result << 8 | reader->at[i];
  reader->at += size;
  *value = result;
  return true;
}

#ifndef COLONY_LEAN  // the host writes only 64-bit doubles
// Returns the bits of the double that equals a float of `exponent_bits` and `fraction_bits`. It uses integers only: an
// image whose program has no floating-point numbers has no floating-point instruction.
static uint64_t widened(uint64_t bits, unsigned exponent_bits, unsigned fraction_bits) {
  uint64_t sign = bits >> (exponent_bits + fraction_bits) << 63;
  uint64_t all_ones = ((uint64_t)1 << exponent_bits) - 1, exponent = bits >> fraction_bits & all_ones;
  uint64_t fraction = (bits & (((uint64_t)1 << fraction_bits) - 1)) << (52 - fraction_bits);
  if (exponent == all_ones) return sign | (uint64_t)0x7ff << 52 | fraction;
  exponent += 1023 - (all_ones >> 1);
  if (exponent > 1023 - (all_ones >> 1)) return sign | exponent << 52 | fraction;
  if (fraction == 0) return sign;
  for (exponent++; fraction >> 52 == 0; exponent--) fraction <<= 1;  // subnormal in the float, normal in the double
  return sign | exponent << 52 | (fraction & (((uint64_t)1 << 52) - 1));
}
#endif

// Major type 7: floats and simple values.
static bool simple(struct cbor_reader *reader, unsigned info, struct cbor_item *item) {
  switch (info) {
    case 20:
    case 21:
      item->kind = CBOR_BOOL;
      item->value = info == 21;
      return true;
    case 22: item->kind = CBOR_NULL; return true;
    case 23: item->kind = CBOR_UNDEFINED; return true;
#ifndef COLONY_LEAN
    case 25:
    case 26: {
      uint64_t bits;
      if (!big_endian(reader, (size_t)1 << (info - 24), &bits)) return false;
      item->kind = CBOR_DOUBLE;
      item->bits = info == 25 ? widened(bits, 5, 10) : widened(bits, 8, 23);
      return true;
    }
#endif
    case 27: item->kind = CBOR_DOUBLE; return big_endian(reader, 8, &item->bits);
    default: return false;
  }
}

bool cbor_head(struct cbor_reader *reader, struct cbor_item *item) {
  static const uint8_t kinds[7] = {CBOR_NATURAL, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG};
  *item = (struct cbor_item){.tag = CBOR_NO_TAG};
  if (left(reader) == 0) return false;
  unsigned initial = *reader->at++, info = initial & 31;
  if (initial >> 5 == 7) return simple(reader, info, item);
  item->kind = (enum cbor_kind)kinds[initial >> 5];
  item->value = info;
  if (info >= 24 && (info > 27 || !big_endian(reader, (size_t)1 << (info - 24), &item->value))) return false;
  switch (item->kind) {
    case CBOR_BYTES:
    case CBOR_TEXT:
      if (item->value > left(reader)) return false;
      item->data = reader->at;
      reader->at += item->value;
      return true;
    case CBOR_ARRAY: return item->value <= left(reader);  // every item has at least one byte
    case CBOR_MAP: return item->value <= left(reader) / 2;
    default: return true;
  }
}

bool cbor_skip(struct cbor_reader *reader) {
  // The sum cannot overflow. Each container costs a byte and adds at most as many items as there are bytes left, so it
  // stays below length squared. Lengths are below 2^47, hence the check.
  for (uint64_t pending = 1; pending > 0; pending--) {
    struct cbor_item item;
    if (!cbor_head(reader, &item)) return false;
    uint64_t more = item.kind == CBOR_ARRAY ? item.value
                    : item.kind == CBOR_MAP ? 2 * item.value
                                            : item.kind == CBOR_TAG;
    if (__builtin_add_overflow(pending, more, &pending)) return false;
    if (pending - 1 > left(reader)) return false;
  }
  return true;
}

// Reads the content of a bignum tag: big-endian bytes, leading zeros allowed.
static bool bignum(struct cbor_reader *reader, bool negative, struct cbor_item *item) {
  if (!cbor_head(reader, item) || item->kind != CBOR_BYTES) return false;
  uint64_t value = 0;
  bool wide = false;
  for (uint64_t i = 0; i < item->value; i++) {
    if (value >> 56 != 0) wide = true;
    value = value << 8 | item->data[i];
  }
  item->kind = wide ? CBOR_BIGNUM : negative ? CBOR_NEGATIVE : CBOR_NATURAL;
  item->value = value;
  item->data = NULL;
  item->bigint = true;
  return true;
}

// Puts a reader at the `index`th shareable value of the message. It reads heads only, so it takes time but no memory.
// Values are shared rarely, and mostly early in the message.
static bool find_shared(const struct cbor_reader *reader, uint64_t index, struct cbor_reader *found) {
  struct cbor_reader scan = {reader->frame, reader->end, reader->frame};
  struct cbor_item item;
  while (scan.at < reader->at) {
    if (!cbor_head(&scan, &item)) return false;
    if (item.kind == CBOR_TAG && item.value == COLONY_TAG_SHAREABLE && index-- == 0) {
      *found = scan;
      return true;
    }
  }
  return false;
}

bool cbor_item(struct cbor_reader *reader, struct cbor_item *item) {
  uint64_t tag = CBOR_NO_TAG;
  struct cbor_reader elsewhere;  // the place at which a shared value was first written
  struct cbor_reader *from = reader;
  bool shared = false;
  for (int depth = 0; depth < 8; depth++) {
    if (!cbor_head(from, item)) return false;
    if (item->kind != CBOR_TAG) {
      item->tag = tag;
      item->shared = shared;
      item->content = *from;
      bool container = item->kind == CBOR_ARRAY || item->kind == CBOR_MAP;
      if (!container || from != reader) return true;
      uint64_t items = item->kind == CBOR_ARRAY ? item->value : 2 * item->value;
      for (uint64_t i = 0; i < items; i++) {
        if (!cbor_skip(reader)) return false;
      }
      return true;
    }
    if (item->value == COLONY_TAG_BIGUINT || item->value == COLONY_TAG_BIGNINT) {
      if (!bignum(from, item->value == COLONY_TAG_BIGNINT, item)) return false;
      item->tag = tag;
      return true;
    }
    if (item->value == COLONY_TAG_SHARED_REF || item->value == COLONY_TAG_SHAREABLE) shared = true;
    if (item->value == COLONY_TAG_SHARED_REF) {
      if (!cbor_head(from, item) || item->kind != CBOR_NATURAL || !find_shared(from, item->value, &elsewhere))
        return false;
      from = &elsewhere;
    } else if (item->value != COLONY_TAG_SHAREABLE && tag == CBOR_NO_TAG) {
      tag = item->value;
    }
  }
  return false;
}

bool cbor_is(const struct cbor_item *item, const char *literal) {
  size_t length = strlen(literal);
  return item->kind == CBOR_TEXT && item->value == length && memcmp(item->data, literal, length) == 0;
}

bool cbor_get(const struct cbor_item *map, const char *key, struct cbor_item *value) {
  if (map->kind != CBOR_MAP) return false;
  struct cbor_reader reader = map->content;
  for (uint64_t i = 0; i < map->value; i++) {
    struct cbor_item name;
    if (!cbor_item(&reader, &name)) return false;
    if (cbor_is(&name, key)) return cbor_item(&reader, value);
    if (!cbor_skip(&reader)) return false;
  }
  return false;
}
