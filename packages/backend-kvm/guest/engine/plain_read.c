// Plain values out of CBOR, as core's decoder makes them: numbers, strings, booleans, null, undefined, bytes, and arrays
// and records of these. The frame is the host's own, and trusted like it; what is rare is left to the runtime.
#include "plain.h"

#include <string.h>

#define MOST_SAFE_INTEGER 9007199254740991ull
#define MOST_DEPTH 16
#define WRITABLE_ENUMERABLE_CONFIGURABLE 7

bool read_head(struct reader *reader, uint8_t *major, uint64_t *number) {
  if (reader->at >= reader->end) return false;
  uint8_t initial = *reader->at++, info = initial & 31;
  *major = initial & 0xe0;
  *number = info;
  if (info < 24) return true;
  size_t size = info > 27 ? 0 : (size_t)1 << (info - 24);
  if (size == 0 || (size_t)(reader->end - reader->at) < size) return false;
  *number = 0;
  while (size-- > 0) *number = *number << 8 | *reader->at++;
  return true;
}

bool read_bytes(struct reader *reader, uint64_t length, struct bytes *bytes) {
  if (length > (uint64_t)(reader->end - reader->at)) return false;
  *bytes = (struct bytes){(char *)reader->at, (uint32_t)length};
  reader->at += length;
  return true;
}

static js_value new_integer(uint64_t magnitude, bool negative) {
  if (magnitude <= INT32_MAX) {
    int32_t small = (int32_t)magnitude;
    return JS_VALUE(JS_TAG_INT, negative ? -1 - small : small);
  }
  double large = (double)magnitude;
  return QJS(JS_NewNumber, js_context, negative ? -1 - large : large);
}

static js_value read_simple(uint8_t initial, uint64_t bits) {
  switch (initial) {
    case 0xf4: return JS_VALUE(JS_TAG_BOOL, 0);
    case 0xf5: return JS_VALUE(JS_TAG_BOOL, 1);
    case 0xf6: return JS_NULL;
    case 0xf7: return JS_UNDEFINED;
    case 0xfb: break;
    default: return NOT_PLAIN;
  }
  double number;
  memcpy(&number, &bits, sizeof number);
  return QJS(JS_NewNumber, js_context, number);
}

static js_value read_item(struct reader *reader, int depth);

// Also true if there was no memory for the value: the exception is dropped, and the runtime would meet it again.
static bool is_missing(js_value value) { return value == NOT_PLAIN || value == JS_EXCEPTION; }

static js_value abandon(js_value unfinished) {
  QJS(JS_FreeValue, js_context, unfinished);
  return NOT_PLAIN;
}

static js_value read_array(struct reader *reader, uint64_t count, int depth) {
  js_value array = QJS(JS_NewArray, js_context);
  for (uint32_t i = 0; array != JS_EXCEPTION && i < count; i++) {
    js_value item = read_item(reader, depth);
    if (is_missing(item)) return abandon(array);
    const uint32_t flags = WRITABLE_ENUMERABLE_CONFIGURABLE;
    if ((int32_t)QJS(JS_DefinePropertyValueUint32, js_context, array, i, item, flags) < 0) return abandon(array);
  }
  return array;
}

// A key and its value become a property of `record`. Never an assignment: that could run a setter of a prototype.
static bool read_property(struct reader *reader, js_value record, int depth) {
  uint8_t major;
  uint64_t length;
  struct bytes key;
  if (!read_head(reader, &major, &length) || major != CBOR_TEXT || !read_bytes(reader, length, &key)) return false;
  js_value value = read_item(reader, depth);
  if (is_missing(value)) return false;
  uint32_t atom = QJS(JS_NewAtomLen, js_context, guest(key.data), key.length);
  if (atom == NO_ATOM) QJS(JS_FreeValue, js_context, value);
  if (atom == NO_ATOM) return false;
  const uint32_t flags = WRITABLE_ENUMERABLE_CONFIGURABLE;
  int32_t defined = (int32_t)QJS(JS_DefinePropertyValue, js_context, record, atom, value, flags);
  QJS(JS_FreeAtom, js_context, atom);
  return defined >= 0;
}

static js_value read_record(struct reader *reader, uint64_t count, int depth) {
  js_value record = QJS(JS_NewObject, js_context);
  for (; record != JS_EXCEPTION && count > 0; count--) {
    if (!read_property(reader, record, depth)) return abandon(record);
  }
  return record;
}

static js_value read_item(struct reader *reader, int depth) {
  uint8_t initial = reader->at < reader->end ? *reader->at : 0xff, major;
  uint64_t number;
  struct bytes bytes;
  if (depth == 0 || !read_head(reader, &major, &number)) return NOT_PLAIN;
  switch (major) {
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE: return number > MOST_SAFE_INTEGER ? NOT_PLAIN : new_integer(number, major == CBOR_NEGATIVE);
    case CBOR_BYTES:
      if (!read_bytes(reader, number, &bytes)) return NOT_PLAIN;
      return QJS(JS_NewUint8ArrayCopy, js_context, guest(bytes.data), bytes.length);
    case CBOR_TEXT:
      if (!read_bytes(reader, number, &bytes)) return NOT_PLAIN;
      return QJS(JS_NewStringLen, js_context, guest(bytes.data), bytes.length);
    case CBOR_ARRAY: return read_array(reader, number, depth - 1);
    case CBOR_MAP: return read_record(reader, number, depth - 1);
    case CBOR_SIMPLE: return read_simple(initial, number);
    default: return NOT_PLAIN;
  }
}

bool read_plain(struct reader *reader, js_value *value) {
  *value = read_item(reader, MOST_DEPTH);
  if (!is_missing(*value)) return true;
  // If memory has run out, the runtime will meet the same, and report it.
  forget_exception();
  return false;
}
