// Calls whose arguments are plain need none of the runtime's JavaScript: their frame is read here, the function called,
// and a plain result written here. Everything else (a thenable, a class, an error) goes on in the runtime
// (core/src/guest/main.ts), with the same outcome. The interpreter then runs the program's code only, and a call writes
// a few pages instead of thirty.
#include "plain.h"

#include <string.h>

#define MOST_FUNCTIONS 64
#define MOST_ARGUMENTS 16
// Head of a result frame: an array of two, of which the first is 0.
#define RESULT_HEAD 2

#define PROMISE_PENDING 0
#define PROMISE_REJECTED 2

static struct {
  struct bytes name;
  js_value function;
} functions[MOST_FUNCTIONS];
static uint32_t function_count;
// finish(name, end, value): ArrayBuffer, of the runtime; `end` is a COLONY_CALL_END.
static js_value finish = JS_UNDEFINED;
// A program may have drawn random numbers from a seed: the next call goes through the runtime, which forgets it.
static bool is_seeded;

void note_seed(void) { is_seeded = true; }
// Writes nothing where nothing is to be forgotten: a page that a call writes has to be put back.
void forget_seed(void) {
  if (is_seeded) is_seeded = false;
}

void forget_exception(void) {
  if (QJS(JS_HasException, js_context)) QJS(JS_FreeValue, js_context, QJS(JS_GetException, js_context));
}

static bool expose_function(uint32_t index, js_value name, js_value program) {
  struct bytes text = to_utf8(name);
  if (text.data == NULL) return false;
  uint32_t atom = QJS(JS_NewAtomLen, js_context, guest(text.data), text.length);
  if (atom == NO_ATOM) return false;
  functions[index].name = text;
  functions[index].function = QJS(JS_GetProperty, js_context, program, atom);
  QJS(JS_FreeAtom, js_context, atom);
  return functions[index].function != JS_EXCEPTION;
}

// Those beyond the table are called by the runtime.
void expose_functions(js_value given_finish, js_value names, js_value program) {
  uint32_t count = array_length(names);
  finish = QJS(JS_DupValue, js_context, given_finish);
  for (function_count = 0; function_count < count && function_count < MOST_FUNCTIONS; function_count++) {
    js_value name = QJS(JS_GetPropertyUint32, js_context, names, function_count);
    if (!expose_function(function_count, name, program)) die_of_exception("no memory for the program's exports");
    QJS(JS_FreeValue, js_context, name);
  }
}

static bool find_function(struct bytes name, js_value *function) {
  for (uint32_t i = 0; i < function_count; i++) {
    if (functions[i].name.length != name.length || memcmp(functions[i].name.data, name.data, name.length) != 0)
      continue;
    *function = functions[i].function;
    return true;
  }
  return false;
}

static void free_values(js_value *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) QJS(JS_FreeValue, js_context, values[i]);
}

// Reads `count` arguments up to the frame's end. If one is not plain, it frees those before.
static bool read_arguments(struct reader *reader, js_value *values, uint32_t count) {
  uint32_t i = 0;
  while (i < count && read_plain(reader, &values[i])) i++;
  if (i == count && reader->at == reader->end) return true;
  free_values(values, i);
  return false;
}

// The frame [1, name, arguments], up to the first argument.
static bool read_call(struct reader *reader, struct bytes *name, uint32_t *count) {
  uint8_t major;
  uint64_t number;
  if (!read_head(reader, &major, &number) || major != CBOR_ARRAY || number != 3) return false;
  if (!read_head(reader, &major, &number) || major != CBOR_UNSIGNED || number != COLONY_FRAME_CALL) return false;
  if (!read_head(reader, &major, &number) || major != CBOR_TEXT || !read_bytes(reader, number, name)) return false;
  if (!read_head(reader, &major, &number) || major != CBOR_ARRAY || number > MOST_ARGUMENTS) return false;
  *count = (uint32_t)number;
  return true;
}

static struct answer finish_in_runtime(struct bytes name, int end, js_value value) {
  js_value arguments[] = {QJS(JS_NewStringLen, js_context, guest(name.data), name.length), JS_VALUE(JS_TAG_INT, end),
                          value};
  if (arguments[0] == JS_EXCEPTION) die_of_exception("no memory for a name");
  js_value result = call_function(finish, 3, arguments);
  if (result == JS_EXCEPTION) die_of_exception("the guest runtime failed");
  free_values(arguments, 3);
  return answer_of(result);
}

// Runs the remaining jobs, and replaces a promise of the engine by its settled value. Other values that may have a `then`
// stay as they are: looking for it may run code of the program.
static int settle(js_value *value) {
  bool object = (int32_t)(*value >> 32) == JS_TAG_OBJECT, promise = object && is_plain_promise(*value);
  if (object && !promise && !is_without_then(*value)) return COLONY_CALL_END_RETURNED;
  drain_jobs();
  if (!promise) return COLONY_CALL_END_SETTLED;
  uint32_t state = QJS(JS_PromiseState, js_context, *value);
  if (state == PROMISE_PENDING) return COLONY_CALL_END_RETURNED;
  js_value result = QJS(JS_PromiseResult, js_context, *value);
  QJS(JS_FreeValue, js_context, *value);
  *value = result;
  return state == PROMISE_REJECTED ? COLONY_CALL_END_THREW : COLONY_CALL_END_SETTLED;
}

static struct answer give_back(struct bytes request, uint32_t capacity, struct bytes name, js_value value) {
  int end = value == JS_EXCEPTION ? COLONY_CALL_END_THREW : settle(&value);
  if (value == JS_EXCEPTION) value = QJS(JS_GetException, js_context);
  // After the request, because the name in it may still be needed.
  struct writer writer = {request.data + request.length, request.data + capacity, {0}, 0};
  char *start = writer.at;
  bool written = end == COLONY_CALL_END_SETTLED && writer.end - start > RESULT_HEAD;
  if (written) {
    *writer.at++ = (char)(CBOR_ARRAY | 2);
    *writer.at++ = 0;
    written = write_plain(&writer, value);
  }
  if (!written) return finish_in_runtime(name, end, value);
  QJS(JS_FreeValue, js_context, value);
  return (struct answer){JS_UNDEFINED, {start, (uint32_t)(writer.at - start)}};
}

bool call_directly(struct bytes request, uint32_t capacity, struct answer *answer) {
  struct reader reader = {(const uint8_t *)request.data, (const uint8_t *)request.data + request.length};
  struct bytes name;
  uint32_t count;
  js_value function, arguments[MOST_ARGUMENTS];
  if (is_seeded || !read_call(&reader, &name, &count) || !find_function(name, &function)) return false;
  if (!read_arguments(&reader, arguments, count)) return false;
  js_value value = call_function(function, count, arguments);
  free_values(arguments, count);
  *answer = give_back(request, capacity, name, value);
  return true;
}
