// C in a virtine: write functions, export them, call the host.
//
//   #include <colony/virtine.h>
//
//   int add(int a, int b) { return a + b; }
//   COLONY_EXPORT(int, add, int, int);
//
// | C                                   | JavaScript                                                            |
// | ----------------------------------- | --------------------------------------------------------------------- |
// | (u)int8_t to (u)int32_t, int        | number; a RangeError if it is not an integer of that range            |
// | (u)int64_t, long long               | in: number (safe integer) or bigint; out: number if it is a safe      |
// |                                     | integer, else bigint                                                  |
// | (unsigned) long, size_t             | as int64_t; as int32_t on target wasm32, where they have 32 bits      |
// | float, double                       | number                                                                |
// | bool                                | boolean                                                               |
// | const char *                        | string, UTF-8, without NUL characters; NULL is returned as null       |
// | colony_bytes                        | Uint8Array; as an argument, also any other typed array                |
// | void, as a result                   | undefined                                                             |
//
// A wrong number of arguments or a wrong type is a TypeError. The memory of a pointer argument stays valid until the
// function returns. A function takes at most 6 arguments that are not floating-point numbers (colony_bytes counts
// twice) and 8 that are.
#ifndef COLONY_VIRTINE_H
#define COLONY_VIRTINE_H

#pragma GCC system_header

#include <colony/for_each.h>
#include <colony/mark.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#error "colony/virtine.h is for C"
#endif

typedef struct colony_bytes {
  const uint8_t *data;
  size_t len;
} colony_bytes;

// For macros, whose arguments must not contain a bare comma: colony_call("send", colony_bytes_of(data, len)).
static inline colony_bytes colony_bytes_of(const void *data, size_t len) {
  return (colony_bytes){(const uint8_t *)data, len};
}

// ---- Exports ----

// COLONY_EXPORT(type of the result, function, type of each argument...);
#define COLONY_EXPORT(ret, name, ...)                                                                               \
  _Static_assert(__builtin_types_compatible_p(__typeof__(name), ret(COLONY_PARAMETERS(__VA_ARGS__))),               \
                 "COLONY_EXPORT: the function " #name " has another type");                                         \
  _Static_assert(COLONY_TYPE(ret) != '?', "COLONY_EXPORT: " #name " returns a type that cannot cross");               \
  _Static_assert(1 COLONY_FOR_EACH(COLONY_AND_KNOWN, __VA_ARGS__),                                                  \
                 "COLONY_EXPORT: " #name " takes a type that cannot cross");                                        \
  _Static_assert(0 COLONY_FOR_EACH(COLONY_PLUS_INTEGERS, __VA_ARGS__) <= 6 &&                                       \
                     0 COLONY_FOR_EACH(COLONY_PLUS_FLOATS, __VA_ARGS__) <= 8,                                       \
                 "COLONY_EXPORT: " #name " takes too many arguments");                                              \
  COLONY_THUNK(ret, name, __VA_ARGS__)                                                                              \
  COLONY_RECORD const struct colony_export colony_export_##name                                                     \
      __attribute__((section("colony_exports"), used, aligned(8))) = {                                              \
          #name,                                                                                                    \
          (void (*)(void))(COLONY_CALLED(name)),                                                                    \
          {COLONY_TYPE(ret), COLONY_FOR_EACH(COLONY_ARGUMENT_TYPE, __VA_ARGS__)},                                   \
  }

// One record in the section colony_exports. Tools read it too: see src/image/elf.ts.
struct colony_export {
  const char *name;
  void (*function)(void);
  char signature[16];  // letters of COLONY_TYPE: the result, then the arguments, then 0
};

#ifdef __wasm32__
// Wasm cannot call a function of unknown type. Each export has a companion function, which takes its arguments from
// slots of eight bytes. The builder passes the name of each record to the linker.
#define COLONY_RECORD
#define COLONY_CALLED(name) colony_call_##name
#define COLONY_THUNK(ret, name, ...) \
  static ret colony_call_##name(const uint64_t *slots) { (void)slots; return name(COLONY_LIST(COLONY_SLOT, __VA_ARGS__)); }
#define COLONY_SLOT(i, t) COLONY_CAT(COLONY_SLOT_, COLONY_IS_VOID(t))(i, t)
#define COLONY_SLOT_0(i, t) (*(t const *)(slots + i))
#define COLONY_SLOT_1(i, t)
#else
#define COLONY_RECORD static
#define COLONY_CALLED(name) name
#define COLONY_THUNK(ret, name, ...)
#endif

// clang-format off
#define COLONY_TYPE(t) _Generic((t *)0, \
  void *: 'v', bool *: 'b', int8_t *: 'c', uint8_t *: 'C', int16_t *: 's', uint16_t *: 'S', \
  int *: 'i', unsigned *: 'I', long *: COLONY_LONG('l', 'i'), unsigned long *: COLONY_LONG('L', 'I'), long long *: 'l', unsigned long long *: 'L', \
  float *: 'f', double *: 'd', const char **: 't', colony_bytes *: 'y', default: '?')
// clang-format on
#define COLONY_LONG(wide, narrow) (sizeof(long) == 8 ? wide : narrow)
#define COLONY_ARGUMENT_TYPE(t) (COLONY_TYPE(t) == 'v' ? 0 : COLONY_TYPE(t)),
#define COLONY_AND_KNOWN(t) &&COLONY_TYPE(t) != '?'
#define COLONY_IS_FLOAT(t) (COLONY_TYPE(t) == 'f' || COLONY_TYPE(t) == 'd')
#define COLONY_PLUS_FLOATS(t) +COLONY_IS_FLOAT(t)
#define COLONY_PLUS_INTEGERS(t) +(COLONY_TYPE(t) == 'y' ? 2 : COLONY_TYPE(t) != 'v' && !COLONY_IS_FLOAT(t))

// ---- Errors ----

// Ends the call: the host's caller gets an Error with this message.
_Noreturn void colony_throw(const char *message);
// The same with another error name, for example "RangeError".
_Noreturn void colony_throw_named(const char *name, const char *message);

// ---- Hypercalls ----

enum colony_kind {
  COLONY_UNDEFINED,
  COLONY_NULL,
  COLONY_BOOL,
  COLONY_INTEGER,  // fits in int64_t
  COLONY_NATURAL,  // fits only in uint64_t
  COLONY_DOUBLE,
  COLONY_STRING,
  COLONY_BYTES,
  COLONY_ARRAY,
  COLONY_OBJECT,
  COLONY_OTHER,  // a value without a C type: a Date, a Map, a bigint of more than 64 bits...
};

// An argument or a result of a host function. Memory that it points to stays valid until the exported function returns.
typedef struct colony_value {
  enum colony_kind kind;
  union {
    bool boolean;
    int64_t integer;
    uint64_t natural;
    double number;
    colony_bytes bytes;  // for COLONY_STRING and COLONY_BYTES
    struct {
      const uint8_t *items;  // for COLONY_ARRAY and COLONY_OBJECT, encoded: see colony_at and colony_get
      const uint8_t *frame, *end;
      uint64_t count;
    };
  };
} colony_value;

// Calls a host function that the policy grants: colony_call("lookup", "key", 3, 0.5, bytes). The name is a string
// literal, so that `colony inspect` can list the functions that an image calls. If the host refuses or fails, its error
// also ends this call.
#define colony_call(name, ...) COLONY_CALL(name, NULL, __VA_ARGS__)

// The same, but the program handles an error. colony_try_call(&failed, "lookup", "key") sets `failed`, and returns the
// error as an object with `name`, `message` and perhaps `code`.
#define colony_try_call(failed, name, ...) COLONY_CALL(name, failed, __VA_ARGS__)

// The same for a name that is known only at run time.
colony_value colony_call_values(const char *name, bool *failed, const colony_value *arguments, size_t count);

// Return the content of a value. A value of another type ends the call with a TypeError.
bool colony_as_bool(colony_value value);
int64_t colony_as_int(colony_value value);
double colony_as_double(colony_value value);
const char *colony_as_string(colony_value value);  // ends with a NUL
colony_bytes colony_as_bytes(colony_value value);

// Returns an item of an array; undefined beyond its end.
colony_value colony_at(colony_value array, uint64_t index);
// Returns a property of an object; undefined if the object lacks it.
colony_value colony_get(colony_value object, const char *key);

// Writes a line to the host's console, if the policy grants `colony:console`.
void colony_log(const char *text);

// Returns memory for a large colony_bytes result, which is then returned without a copy.
uint8_t *colony_result_buffer(size_t len);

// ---- Values ----

static inline colony_value colony_from_value(colony_value v) { return v; }
static inline colony_value colony_from_bool(bool v) { return (colony_value){.kind = COLONY_BOOL, .boolean = v}; }
static inline colony_value colony_from_int(int64_t v) { return (colony_value){.kind = COLONY_INTEGER, .integer = v}; }
static inline colony_value colony_from_uint(uint64_t v) { return (colony_value){.kind = COLONY_NATURAL, .natural = v}; }
static inline colony_value colony_from_double(double v) { return (colony_value){.kind = COLONY_DOUBLE, .number = v}; }
static inline colony_value colony_from_bytes(colony_bytes v) {
  return (colony_value){.kind = COLONY_BYTES, .bytes = v};
}
static inline colony_value colony_from_string(const char *v) {
  if (v == NULL) return (colony_value){.kind = COLONY_NULL};
  return (colony_value){.kind = COLONY_STRING, .bytes = {(const uint8_t *)v, __builtin_strlen(v)}};
}

// clang-format off
#define COLONY_VALUE(x) _Generic((x), \
  bool: colony_from_bool, char *: colony_from_string, const char *: colony_from_string, \
  signed char: colony_from_int, char: colony_from_int, short: colony_from_int, int: colony_from_int, \
  long: colony_from_int, long long: colony_from_int, \
  unsigned char: colony_from_uint, unsigned short: colony_from_uint, unsigned: colony_from_uint, \
  unsigned long: colony_from_uint, unsigned long long: colony_from_uint, \
  float: colony_from_double, double: colony_from_double, \
  colony_bytes: colony_from_bytes, colony_value: colony_from_value)(x),

#define COLONY_CALL(name, failed, ...) ({ \
  COLONY_RECORD_HYPERCALL(name); \
  const colony_value colony_arguments_[] = {{COLONY_UNDEFINED}, COLONY_FOR_EACH(COLONY_VALUE, __VA_ARGS__)}; \
  colony_call_values(name, failed, colony_arguments_ + 1, sizeof colony_arguments_ / sizeof *colony_arguments_ - 1); })
// clang-format on

// The name goes into a section that tools read and that is never loaded. Name and place go into another section, which
// the linker treats like debug information: the place of removed code becomes 0. Wasm has no section that a function
// could write to.
#ifdef __wasm32__
#define COLONY_RECORD_HYPERCALL(name) (void)sizeof("" name "")
#else
#define COLONY_RECORD_HYPERCALL(name) \
  __asm__(".pushsection .colony.hypercalls,\"MS\",@progbits,1\n\t.asciz \"" name "\"\n\t.popsection\n" \
          "7760:.pushsection .debug_colony,\"\",@progbits\n\t.quad 7760b\n\t.asciz \"" name "\"\n\t.popsection")
#endif

#endif
