// Basic functions: the cost of a call, and the values that cross.
#include <colony/virtine.h>

#include <string.h>

void nop(void) {}
COLONY_EXPORT(void, nop);

int add(int a, int b) { return a + b; }
COLONY_EXPORT(int, add, int, int);

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
COLONY_EXPORT(int, fib, int);

colony_bytes echo(colony_bytes bytes) { return bytes; }
COLONY_EXPORT(colony_bytes, echo, colony_bytes);

const char *echo_string(const char *text) { return text; }
COLONY_EXPORT(const char *, echo_string, const char *);

// Each returns its argument.
#define IDENTITY(type, name)                \
  type name(type value) { return value; }   \
  COLONY_EXPORT(type, name, type)
IDENTITY(bool, echo_bool);
IDENTITY(int8_t, echo_i8);
IDENTITY(uint8_t, echo_u8);
IDENTITY(int16_t, echo_i16);
IDENTITY(uint16_t, echo_u16);
IDENTITY(int32_t, echo_i32);
IDENTITY(uint32_t, echo_u32);
IDENTITY(int64_t, echo_i64);
IDENTITY(uint64_t, echo_u64);
IDENTITY(float, echo_f32);
IDENTITY(double, echo_f64);

// Uses all registers for arguments, in mixed order.
double all_registers(int a, double b, int64_t c, float d, bool e, double f, uint8_t g, double h, const char *i,
                     double j, int16_t k, double l, double m, double n) {
  return a + b + (double)c + d + e + f + g + h + (double)strlen(i) + j + k + l + m + n;
}
COLONY_EXPORT(double, all_registers, int, double, int64_t, float, bool, double, uint8_t, double, const char *, double,
              int16_t, double, double, double);

int64_t three_buffers(colony_bytes a, colony_bytes b, colony_bytes c) {
  int64_t sum = 0;
  for (size_t i = 0; i < a.len; i++) sum += a.data[i];
  for (size_t i = 0; i < b.len; i++) sum += 1000 * b.data[i];
  for (size_t i = 0; i < c.len; i++) sum += 1000000 * c.data[i];
  return sum;
}
COLONY_EXPORT(int64_t, three_buffers, colony_bytes, colony_bytes, colony_bytes);

// Both strings end with a NUL, though nothing was copied.
int compare(const char *a, const char *b) {
  int order = strcmp(a, b);
  return (order > 0) - (order < 0);
}
COLONY_EXPORT(int, compare, const char *, const char *);

const char *null_string(void) { return NULL; }
COLONY_EXPORT(const char *, null_string);

// A TypeError: the host's decoder would refuse it.
const char *bad_utf8(void) { return "caf\xe9"; }
COLONY_EXPORT(const char *, bad_utf8);

colony_bytes fill(uint32_t length, uint8_t byte) {
  uint8_t *buffer = colony_result_buffer(length);
  memset(buffer, byte, length);
  return (colony_bytes){buffer, length};
}
COLONY_EXPORT(colony_bytes, fill, uint32_t, uint8_t);

void fail(const char *message) { colony_throw(message); }
COLONY_EXPORT(void, fail, const char *);

void fail_as(const char *name, const char *message) { colony_throw_named(name, message); }
COLONY_EXPORT(void, fail_as, const char *, const char *);

// Counts the calls that this state has seen: 1 if the state is fresh.
int count(void) {
  static int calls;
  return ++calls;
}
COLONY_EXPORT(int, count);

void log_text(const char *text) { colony_log(text); }
COLONY_EXPORT(void, log_text, const char *);

// Asks the host's `add` for a sum.
double host_add(double a, double b) { return colony_as_double(colony_call("add", a, b)); }
COLONY_EXPORT(double, host_add, double, double);

// Sends one value of each kind, and returns the reply for `name`.
const char *host_kinds(const char *name, colony_bytes bytes) {
  colony_value reply =
      colony_call("kinds", name, bytes, -1, 18446744073709551615u, 0.5, (bool)true, (colony_value){COLONY_NULL});
  return colony_as_string(colony_get(reply, name));
}
COLONY_EXPORT(const char *, host_kinds, const char *, colony_bytes);

// Handles the error itself, and returns its code.
const char *host_refuses(void) {
  bool failed;
  colony_value error = colony_try_call(&failed, "refused");
  return failed ? colony_as_string(colony_get(error, "code")) : "no error";
}
COLONY_EXPORT(const char *, host_refuses);
