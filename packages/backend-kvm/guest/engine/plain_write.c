// Plain values into CBOR, byte for byte as core's encoder writes them. Only what can be read without running code of the
// program's: no getters, no proxies, no classes. All else is left to the runtime.
#include "plain.h"

#include <string.h>

#define MOST_SAFE_INTEGER 9007199254740991ll
#define MOST_DEPTH 16
// Most bytes of an item but a string's own.
#define MOST_HEAD 9

// Tags of quickjs-ng. Floats are NaN-boxed: every other tag is a float's.
#define FIRST_TAG -9
#define LAST_TAG 8
#define CLASS_OBJECT 1
#define CLASS_ARRAY 2
#define STRINGS_AND_ENUMERABLE (1 << 0 | 1 << 4)
#define PROPERTY_KIND (3 << 4)

// As JS_GetOwnProperty and JS_GetOwnPropertyNames fill them in.
struct property {
  int32_t flags;
  js_value value, getter, setter;
};
struct property_name {
  uint8_t enumerable;
  uint32_t atom;
};

static js_value object_prototype, array_prototype, promise_prototype, promise_then, promise_constructor;
static uint32_t then_atom, constructor_atom;

static bool is_float(js_value value) {
  int32_t tag = (int32_t)(value >> 32);
  return tag < FIRST_TAG || tag > LAST_TAG;
}

static void put_head(struct writer *writer, uint8_t major, uint64_t number) {
  int size = number < 24 ? 0 : number < 0x100 ? 1 : number < 0x10000 ? 2 : number < 0x100000000 ? 4 : 8;
  *writer->at++ = (char)(major | (size == 0 ? number : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27));
  while (size-- > 0) *writer->at++ = (char)(number >> (8 * size));
}

// Writes an integer if the number is one; -0 is not.
static void put_number(struct writer *writer, double number) {
  bool integer = number == __builtin_trunc(number) && __builtin_fabs(number) <= MOST_SAFE_INTEGER;
  if (integer && !(number == 0 && __builtin_signbit(number))) {
    if (number >= 0) put_head(writer, CBOR_UNSIGNED, (uint64_t)number);
    else put_head(writer, CBOR_NEGATIVE, (uint64_t)(-1 - number));
    return;
  }
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  *writer->at++ = (char)0xfb;
  for (int shift = 56; shift >= 0; shift -= 8) *writer->at++ = (char)(bits >> shift);
}

// Refuses lone surrogates, which UTF-8 does not have: the runtime writes them.
static bool is_well_formed(struct bytes text) {
  for (uint32_t i = 0; i + 1 < text.length; i++) {
    if ((uint8_t)text.data[i] == 0xed && (uint8_t)text.data[i + 1] >= 0xa0) return false;
  }
  return true;
}

// Takes the text.
static bool put_text(struct writer *writer, struct bytes text) {
  if (text.data == NULL) return false;
  bool fits = text.length + MOST_HEAD <= (size_t)(writer->end - writer->at) && is_well_formed(text);
  if (fits) {
    put_head(writer, CBOR_TEXT, text.length);
    memcpy(writer->at, text.data, text.length);
    writer->at += text.length;
  }
  free_utf8(text);
  return fits;
}

static bool is_new(struct writer *writer, js_value object) {
  for (uint32_t i = 0; i < writer->count; i++) {
    if (writer->seen[i] == (uint32_t)object) return false;
  }
  if (writer->count == MOST_OBJECTS) return false;
  writer->seen[writer->count++] = (uint32_t)object;
  return true;
}

static bool has_prototype(js_value object, js_value wanted) {
  js_value prototype = QJS(JS_GetPrototype, js_context, object);
  QJS(JS_FreeValue, js_context, prototype);
  return prototype == wanted;
}

static bool has_own(js_value object, uint32_t atom) { return QJS(JS_GetOwnProperty, js_context, 0, object, atom) != 0; }

// The program may have given the arrays' prototype another prototype.
static bool is_array_without_then(js_value object) {
  return QJS(JS_GetClassID, object) == CLASS_ARRAY && has_prototype(object, array_prototype) &&
         !has_own(array_prototype, then_atom) && has_prototype(array_prototype, object_prototype);
}

bool is_without_then(js_value object) {
  bool plain = QJS(JS_GetClassID, object) == CLASS_OBJECT && has_prototype(object, object_prototype);
  if (!plain && !is_array_without_then(object)) return false;
  return !has_own(object, then_atom) && !has_own(object_prototype, then_atom);
}

static void free_property(const struct property *property) {
  QJS(JS_FreeValue, js_context, property->value);
  QJS(JS_FreeValue, js_context, property->getter);
  QJS(JS_FreeValue, js_context, property->setter);
}

// Whether the object's own property is, still, this very function.
static bool holds(js_value object, uint32_t atom, js_value function) {
  js_ptr cell = push_cells(sizeof(struct property));
  struct property *property = (struct property *)native(cell);
  bool there = (int32_t)QJS(JS_GetOwnProperty, js_context, cell, object, atom) > 0;
  bool same = there && (property->flags & PROPERTY_KIND) == 0 && property->value == function;
  if (there) free_property(property);
  pop_cells(sizeof(struct property));
  return same;
}

bool is_plain_promise(js_value object) {
  return QJS(JS_IsPromise, object) && has_prototype(object, promise_prototype) && !has_own(object, then_atom) &&
         !has_own(object, constructor_atom) && holds(promise_prototype, then_atom, promise_then) &&
         holds(promise_prototype, constructor_atom, promise_constructor);
}

static bool put_item(struct writer *writer, js_value value, int depth);

// A property that holds a value. False for one that is not there (a hole) or that a getter makes.
static bool put_property(struct writer *writer, js_value object, uint32_t atom, int depth) {
  js_ptr cell = push_cells(sizeof(struct property));
  struct property *property = (struct property *)native(cell);
  bool plain = (int32_t)QJS(JS_GetOwnProperty, js_context, cell, object, atom) > 0;
  if (plain) {
    plain = (property->flags & PROPERTY_KIND) == 0 && put_item(writer, property->value, depth);
    free_property(property);
  }
  pop_cells(sizeof(struct property));
  return plain;
}

uint32_t array_length(js_value array) {
  js_ptr cell = push_cells(sizeof(int64_t));
  bool known = (int32_t)QJS(JS_GetLength, js_context, array, cell) >= 0;
  int64_t length = known ? *(int64_t *)native(cell) : 0;
  pop_cells(sizeof(int64_t));
  return (uint32_t)length;
}

static bool put_array(struct writer *writer, js_value array, int depth) {
  uint32_t length = array_length(array);
  bool plain = length <= (size_t)(writer->end - writer->at);
  if (plain) put_head(writer, CBOR_ARRAY, length);
  for (uint32_t i = 0; plain && i < length; i++) {
    uint32_t atom = QJS(JS_NewAtomUInt32, js_context, i);
    plain = put_property(writer, array, atom, depth);
    QJS(JS_FreeAtom, js_context, atom);
  }
  return plain;
}

static struct bytes name_of(uint32_t atom) {
  js_ptr cell = push_cells(sizeof(uint32_t));
  js_ptr text = QJS(JS_AtomToCStringLen, js_context, cell, atom);
  struct bytes bytes = {text == 0 ? NULL : native(text), text == 0 ? 0 : *(uint32_t *)native(cell)};
  pop_cells(sizeof(uint32_t));
  return bytes;
}

static bool put_record(struct writer *writer, js_value record, int depth) {
  js_ptr cells = push_cells(2 * sizeof(js_ptr));
  const uint32_t flags = STRINGS_AND_ENUMERABLE;
  bool plain = (int32_t)QJS(JS_GetOwnPropertyNames, js_context, cells, cells + sizeof(js_ptr), record, flags) >= 0;
  js_ptr table = ((js_ptr *)native(cells))[0];
  uint32_t count = ((uint32_t *)native(cells))[1];
  pop_cells(2 * sizeof(js_ptr));
  if (!plain) return false;
  const struct property_name *names = (const struct property_name *)native(table);
  put_head(writer, CBOR_MAP, count);
  for (uint32_t i = 0; plain && i < count; i++) {
    plain = put_text(writer, name_of(names[i].atom)) && put_property(writer, record, names[i].atom, depth);
  }
  QJS(JS_FreePropertyEnum, js_context, table, count);
  return plain;
}

static bool put_object(struct writer *writer, js_value object, int depth) {
  if (depth == 0 || !is_new(writer, object)) return false;
  switch (QJS(JS_GetClassID, object)) {
    case CLASS_OBJECT: return has_prototype(object, object_prototype) && put_record(writer, object, depth - 1);
    case CLASS_ARRAY: return has_prototype(object, array_prototype) && put_array(writer, object, depth - 1);
    default: return false;
  }
}

static bool put_item(struct writer *writer, js_value value, int depth) {
  if (writer->end - writer->at < MOST_HEAD) return false;
  switch ((int32_t)(value >> 32)) {
    case JS_TAG_INT: put_number(writer, (int32_t)value); return true;
    case JS_TAG_BOOL: put_head(writer, CBOR_SIMPLE, (uint32_t)value != 0 ? 21 : 20); return true;
    case JS_TAG_NULL: put_head(writer, CBOR_SIMPLE, 22); return true;
    case JS_TAG_UNDEFINED: put_head(writer, CBOR_SIMPLE, 23); return true;
    case JS_TAG_STRING: return put_text(writer, to_utf8(value));
    case JS_TAG_OBJECT: return put_object(writer, value, depth);
    default: break;
  }
  if (!is_float(value)) return false;
  put_number(writer, to_float(value));
  return true;
}

bool write_plain(struct writer *writer, js_value value) {
  writer->count = 0;
  if (put_item(writer, value, MOST_DEPTH)) return true;
  forget_exception();
  return false;
}

static uint32_t references_of(js_value object) { return *(uint32_t *)native((uint32_t)object); }

static uint32_t atom_of(const char *name, uint32_t length) {
  return QJS(JS_NewAtomLen, js_context, js_copy(name, length), length);
}

static void know_promises(void) {
  js_value global = QJS(JS_GetGlobalObject, js_context);
  then_atom = atom_of("then", 4);
  constructor_atom = atom_of("constructor", 11);
  promise_constructor = get_property(global, "Promise");
  promise_prototype = get_property(promise_constructor, "prototype");
  promise_then = get_property(promise_prototype, "then");
  QJS(JS_FreeValue, js_context, global);
}

// Checks this file's knowledge of the engine: another version may have other numbers.
void know_plain(void) {
  js_value text = js_string("x"), object = QJS(JS_NewObject, js_context), array = QJS(JS_NewArray, js_context);
  object_prototype = QJS(JS_GetPrototype, js_context, object);
  array_prototype = QJS(JS_GetPrototype, js_context, array);
  know_promises();
  uint32_t references = references_of(object_prototype);
  bool known = has_prototype(object, object_prototype) && references_of(object_prototype) == references;
  known = known && (int32_t)(text >> 32) == JS_TAG_STRING && (int32_t)(object >> 32) == JS_TAG_OBJECT;
  known = known && holds(promise_prototype, then_atom, promise_then);
  known = known && holds(promise_prototype, constructor_atom, promise_constructor);
  known = known && QJS(JS_GetClassID, object) == CLASS_OBJECT && QJS(JS_GetClassID, array) == CLASS_ARRAY;
  const double numbers[] = {0.5, -0.0, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    js_value number = QJS(JS_NewNumber, js_context, numbers[i]);
    known = known && is_float(number) && !is_float(object) && !is_float(text);
  }
  QJS(JS_FreeValue, js_context, text);
  QJS(JS_FreeValue, js_context, object);
  QJS(JS_FreeValue, js_context, array);
  if (!known) die(COLONY_TRAP_UNSUPPORTED, "this quickjs-ng has other values than plain_write.c knows");
}
