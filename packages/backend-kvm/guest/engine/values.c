// Conversions between the engine's values and C.
#include "glue.h"

#include <string.h>

void die(uint64_t trap, const char *message) { colony_abort(trap, message, strlen(message)); }

void die_of_exception(const char *during) {
  js_value error = QJS(JS_GetException, js_context);
  struct bytes text = to_utf8(error);
  if (text.data == NULL) die(COLONY_TRAP_EXIT, during);
  struct bytes stack = to_utf8(get_property(error, "stack"));
  uint32_t size = (uint32_t)strlen(during) + text.length + stack.length + 4;
  char *message = js_alloc(size), *end = message;
  const struct bytes parts[] = {{(char *)during, (uint32_t)strlen(during)}, {": ", 2}, text, {"\n", 1}, stack};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    memcpy(end, parts[i].data, parts[i].length);
    end += parts[i].length;
  }
  colony_abort(COLONY_TRAP_EXIT, message, (size_t)(end - message));
}

static inline js_ptr push_cell(void) { return push_cells(sizeof(uint64_t)); }
static inline void pop_cell(void) { pop_cells(sizeof(uint64_t)); }
static inline uint32_t cell_value(js_ptr cell) { return *(uint32_t *)native(cell); }

struct bytes array_buffer(js_value value) {
  js_ptr cell = push_cell();
  js_ptr data = QJS(JS_GetArrayBuffer, js_context, cell, value);
  struct bytes bytes = {data == 0 ? NULL : native(data), data == 0 ? 0 : cell_value(cell)};
  pop_cell();
  return bytes;
}

bool to_uint32(js_value value, uint32_t *number) {
  if (value >> 32 == JS_TAG_INT) {
    *number = (uint32_t)value;
    return true;
  }
  js_ptr cell = push_cell();
  bool converted = (int32_t)QJS(JS_ToInt32, js_context, cell, value) >= 0;
  *number = cell_value(cell);
  pop_cell();
  return converted;
}

double to_float(js_value number) {
  js_ptr cell = push_cell();
  QJS(JS_ToFloat64, js_context, cell, number);
  double converted = *(double *)native(cell);
  pop_cell();
  return converted;
}

js_value call_function(js_value function, uint32_t count, const js_value *arguments) {
  uint32_t size = count * (uint32_t)sizeof *arguments;
  js_ptr copy = push_cells(size);
  memcpy(native(copy), arguments, size);
  js_value result = QJS(JS_Call, js_context, function, JS_UNDEFINED, count, copy);
  pop_cells(size);
  return result;
}

js_value throw_range_error(const char *message) {
  js_ptr copy = js_copy(message, (uint32_t)strlen(message));
  js_value exception = QJS(JS_ThrowRangeError, js_context, copy, 0);
  QJS(free, copy);
  return exception;
}

struct bytes to_utf8(js_value value) {
  js_ptr cell = push_cell();
  js_ptr text = QJS(JS_ToCStringLen2, js_context, cell, value, 0);
  struct bytes bytes = {text == 0 ? NULL : native(text), text == 0 ? 0 : cell_value(cell)};
  pop_cell();
  return bytes;
}

void free_utf8(struct bytes text) { QJS(JS_FreeCString, js_context, guest(text.data)); }

js_value new_array_buffer(struct bytes bytes, uint32_t capacity, js_ptr resize) {
  return QJS(JS_NewArrayBuffer, js_context, guest(bytes.data), bytes.length, 0, resize, capacity, 0);
}

char *js_alloc(uint32_t size) {
  js_ptr at = QJS(malloc, size);
  if (at == 0) die(COLONY_TRAP_MEMORY, "out of memory");
  return native(at);
}

js_ptr js_copy(const char *data, uint32_t length) {
  char *copy = js_alloc(length + 1);
  memcpy(copy, data, length);
  copy[length] = 0;
  return guest(copy);
}

js_value js_string(const char *text) {
  js_ptr copy = js_copy(text, (uint32_t)strlen(text));
  js_value value = QJS(JS_NewStringLen, js_context, copy, (uint32_t)strlen(text));
  QJS(free, copy);
  return value;
}

js_value get_property(js_value object, const char *name) {
  js_ptr copy = js_copy(name, (uint32_t)strlen(name));
  js_value value = QJS(JS_GetPropertyStr, js_context, object, copy);
  QJS(free, copy);
  return value;
}

void set_property(js_value object, const char *name, js_value value) {
  js_ptr copy = js_copy(name, (uint32_t)strlen(name));
  if ((int32_t)QJS(JS_SetPropertyStr, js_context, object, copy, value) < 0) die_of_exception(name);
  QJS(free, copy);
}

void delete_property(js_value object, const char *name) {
  js_ptr copy = js_copy(name, (uint32_t)strlen(name));
  uint32_t atom = QJS(JS_NewAtom, js_context, copy);
  QJS(JS_DeleteProperty, js_context, object, atom, 0);
  QJS(JS_FreeAtom, js_context, atom);
  QJS(free, copy);
}

// Puts a native function into the engine's table of function pointers, so that it is called directly.
static uint32_t add_to_table(wasm_rt_func_type_t type, wasm_rt_function_ptr_t function) {
  wasm_rt_funcref_t entry = {type, function, {NULL}, engine};
  uint32_t index = wasm_rt_grow_funcref_table(&engine->w2c_0x5F_indirect_function_table, 1, entry);
  if (index == UINT32_MAX) die(COLONY_TRAP_MEMORY, "no room in the function table");
  return index;
}

js_value new_function(js_native function, const char *name, uint32_t length) {
  wasm_rt_func_type_t type =
      wasm2c_engine_get_func_type(4, 1, WASM_RT_I32, WASM_RT_I64, WASM_RT_I32, WASM_RT_I32, WASM_RT_I64);
  uint32_t index = add_to_table(type, (wasm_rt_function_ptr_t)function);
  js_ptr copy = js_copy(name, (uint32_t)strlen(name));
  js_value value = QJS(JS_NewCFunction2, js_context, index, copy, length, 0, 0);
  QJS(free, copy);
  return value;
}

js_ptr new_resize_function(js_resize function) {
  wasm_rt_func_type_t type =
      wasm2c_engine_get_func_type(4, 1, WASM_RT_I32, WASM_RT_I32, WASM_RT_I32, WASM_RT_I32, WASM_RT_I32);
  return add_to_table(type, (wasm_rt_function_ptr_t)function);
}

js_ptr resize_owned(js_ptr data, uint32_t capacity, uint32_t size) {
  js_ptr moved = size == 0 ? 0 : guest(js_alloc(size));
  if (size > 0) memcpy(native(moved), native(data), capacity < size ? capacity : size);
  QJS(free, data);
  return moved;
}
