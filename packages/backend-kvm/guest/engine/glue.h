// Shared by the parts of the engine's glue: quickjs-ng's C API as wasm2c named it, and the conversion between the engine's
// 32-bit addresses and the virtine's memory.
#ifndef COLONY_ENGINE_GLUE_H
#define COLONY_ENGINE_GLUE_H

#include "boot/hypercall.h"
#include "engine.wasm.h"

// The only instance of the engine in a virtine. It lies on the stack, whose page every call writes anyway.
extern w2c_engine *engine;

// A function of quickjs-ng or quickjs-wasi.
#define QJS(name, ...) w2c_engine_##name(engine __VA_OPT__(, ) __VA_ARGS__)

// Addresses and values of the engine. Values are NaN-boxed: a tag above, a 32-bit payload or address below.
typedef uint32_t js_ptr;
typedef uint64_t js_value;

#define JS_VALUE(tag, payload) ((js_value)(uint32_t)(tag) << 32 | (uint32_t)(payload))
#define JS_TAG_STRING -7
#define JS_TAG_OBJECT -1
#define JS_TAG_INT 0
#define JS_TAG_BOOL 1
#define JS_TAG_NULL 2
#define JS_TAG_UNDEFINED 3
#define JS_NULL JS_VALUE(JS_TAG_NULL, 0)
#define JS_UNDEFINED JS_VALUE(JS_TAG_UNDEFINED, 0)
#define JS_EXCEPTION JS_VALUE(6, 0)

#define JS_EVAL_GLOBAL 0
#define JS_EVAL_MODULE 1

// The engine's one context and runtime.
extern js_ptr js_context;
extern js_ptr js_runtime;

static inline char *native(js_ptr at) { return (char *)COLONY_WASM_HEAP_BASE + at; }
static inline js_ptr guest(const void *at) { return (js_ptr)((uintptr_t)at - COLONY_WASM_HEAP_BASE); }
static inline js_value argument(js_ptr argv, uint32_t index) { return ((const js_value *)native(argv))[index]; }

// Cells on the engine's own stack, 8-byte aligned, for functions that take or return values through a pointer.
static inline uint32_t cells_size(uint32_t size) { return (size + 15) & ~15u; }
static inline js_ptr push_cells(uint32_t size) { return engine->w2c_0x5F_stack_pointer -= cells_size(size); }
static inline void pop_cells(uint32_t size) { engine->w2c_0x5F_stack_pointer += cells_size(size); }

struct bytes {
  char *data;
  uint32_t length;
};

// --- values.c
// If these fail (no data, false), a JavaScript exception is pending.
struct bytes array_buffer(js_value value);
bool to_uint32(js_value value, uint32_t *number);
double to_float(js_value number);
struct bytes to_utf8(js_value value);  // give back with free_utf8
void free_utf8(struct bytes text);
char *js_alloc(uint32_t size);                      // traps where memory is out
js_ptr js_copy(const char *data, uint32_t length);  // with a NUL behind it; free with QJS(free, ...)
js_value js_string(const char *text);
js_value get_property(js_value object, const char *name);
void set_property(js_value object, const char *name, js_value value);
void delete_property(js_value object, const char *name);
typedef js_value (*js_native)(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv);
js_value new_function(js_native function, const char *name, uint32_t length);
// The owner of an ArrayBuffer's memory: resizes it, or frees it if the size is 0.
typedef js_ptr (*js_resize)(void *instance, js_ptr runtime, uint32_t capacity, js_ptr data, uint32_t size);
js_ptr new_resize_function(js_resize function);
js_ptr resize_owned(js_ptr data, uint32_t capacity, uint32_t size);                    // for memory from js_alloc
js_value new_array_buffer(struct bytes bytes, uint32_t capacity, js_ptr resize);       // not a copy
js_value call_function(js_value function, uint32_t count, const js_value *arguments);  // `this` is undefined
js_value throw_range_error(const char *message);  // a literal without format directives
// Ends the run with the pending exception's text.
__attribute__((noreturn)) void die_of_exception(const char *during);
__attribute__((noreturn)) void die(uint64_t trap, const char *message);

// --- embedder.c
void drain_jobs(void);
js_value new_embedder(void);

// --- direct.c
// A result frame, and the value that owns its memory; JS_UNDEFINED if that is the request's.
struct answer {
  js_value owner;
  struct bytes frame;
};
void expose_functions(js_value finish, js_value names, js_value program);
void note_seed(void);
void forget_seed(void);
// False, and nothing done, for a call that is the runtime's. `capacity`: of the request's buffer, which takes the result.
bool call_directly(struct bytes request, uint32_t capacity, struct answer *answer);

// --- engine.c
struct answer answer_of(js_value buffer);

// --- modules.c
js_value eval_module(js_value filename, js_value source, js_value modules);

#endif
