// Invalid hypercalls of a Wasm guest: numbers that the SDK would never pass to the imports of `colony`. Unless noted,
// each ends in ERR_GUEST_PROTOCOL.
#include "../boot/wasm32/imports.h"
#include "../runtime/cbor.h"

#include <colony/abi.h>
#include <colony/virtine.h>

#include <string.h>

static uint8_t data[8192] __attribute__((aligned(4096)));

#define ADDRESS(number) ((void *)(uintptr_t)(number))

// Passes any numbers. Returns the result: status << 32 | length.
int64_t hypercall(int32_t op, uint32_t in, uint32_t in_len, uint32_t out, uint32_t out_cap) {
  return host_hypercall(op, ADDRESS(in), in_len, ADDRESS(out), out_cap);
}
COLONY_EXPORT(int64_t, hypercall, int32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// Addresses for `hypercall`: data, stack, and the end of the memory.
uint32_t address_of(const char *what) {
  if (strcmp(what, "data") == 0) return (uint32_t)(uintptr_t)data;
  if (strcmp(what, "stack") == 0) return (uint32_t)(uintptr_t)__builtin_frame_address(0);
  if (strcmp(what, "end") == 0) return (uint32_t)__builtin_wasm_memory_size(0) * 65536u;
  colony_throw("no such place");
}
COLONY_EXPORT(uint32_t, address_of, const char *);

static void call(const void *in, uint32_t in_len, void *out, uint32_t out_cap) {
  host_hypercall(COLONY_OP_CALL, in, in_len, out, out_cap);
}
static uint32_t end_of_memory(void) { return (uint32_t)__builtin_wasm_memory_size(0) * 65536u; }

#define ATTACK(name, ...) \
  void name(void) { __VA_ARGS__; } \
  COLONY_EXPORT(void, name)

// ---- Lengths and pointers; a length above limits.output may be ERR_LIMIT_OUTPUT ----
ATTACK(length_huge, call(data, UINT32_MAX, data, sizeof data));
ATTACK(length_signed, call(data, 1u << 31, data, sizeof data));
ATTACK(length_wraps, call(data, -(uint32_t)(uintptr_t)data + 16, data, sizeof data));
ATTACK(pointer_end, call(ADDRESS(end_of_memory()), 16, data, sizeof data));
ATTACK(pointer_over_end, call(ADDRESS(end_of_memory() - 8), 16, data, sizeof data));
ATTACK(pointer_last, call(ADDRESS(UINT32_MAX), 1, data, sizeof data));
ATTACK(pointer_last_wraps, call(ADDRESS(UINT32_MAX), 2, data, sizeof data));
ATTACK(pointer_negative, call(ADDRESS(-16), 16, data, sizeof data));
ATTACK(out_end, call("\x82\x61x\x80", 4, ADDRESS(end_of_memory()), 4096));
ATTACK(out_negative, call("\x82\x61x\x80", 4, ADDRESS(-16), 4096));
// A false capacity does no harm, because the host checks its writes. These may pass.
ATTACK(out_cap_huge, call("\x82\x61x\x80", 4, data, UINT32_MAX));
ATTACK(out_cap_wraps, call("\x82\x61x\x80", 4, data, -(uint32_t)(uintptr_t)data));
// The first page belongs to the stack here, so these are ordinary addresses; they may pass.
ATTACK(pointer_null, call(NULL, 16, data, sizeof data));
ATTACK(out_null, call("\x82\x61x\x80", 4, NULL, 4096));

// ---- Invalid requests ----
ATTACK(request_empty, call(data, 0, data, sizeof data));
ATTACK(request_zeros, call(data, sizeof data, data, sizeof data));
ATTACK(request_cut, call("\x82\x78\xffx", 4, data, sizeof data));
ATTACK(request_deep, memset(data, 0x81, sizeof data); call(data, sizeof data, data, sizeof data));
ATTACK(request_count, call("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9, data, sizeof data));
ATTACK(request_indefinite, call("\x9f\x61x\x80\xff", 5, data, sizeof data));
ATTACK(request_name_is_number, call("\x82\x05\x80", 3, data, sizeof data));
ATTACK(request_proto, call("\x82\x69__proto__\x80", 12, data, sizeof data));  // an error for the guest; no other effect

// ---- Operations ----
ATTACK(op_zero, host_hypercall(0, data, 0, data, sizeof data));
ATTACK(op_next, host_hypercall(COLONY_OP_NEXT, "\x82\x00\x07", 3, data, sizeof data));
ATTACK(op_grow, host_hypercall(COLONY_OP_GROW, ADDRESS(65536), 0, NULL, 0));
ATTACK(op_abort, host_hypercall(COLONY_OP_ABORT, "so be it", 8, NULL, 0));
ATTACK(op_six, host_hypercall(6, data, 0, data, sizeof data));
ATTACK(op_negative, host_hypercall(-1, data, 0, data, sizeof data));
ATTACK(fetch_nothing, host_hypercall(COLONY_OP_FETCH, NULL, 0, data, sizeof data));

// ---- abort: ERR_GUEST_TRAP, whatever the message ----
ATTACK(abort_good, host_abort(COLONY_TRAP_EXIT, "so be it", 8));
ATTACK(abort_not_utf8, host_abort(COLONY_TRAP_EXIT, "\xff\xfe\x80", 3));
ATTACK(abort_long, memset(data, 'x', sizeof data); host_abort(COLONY_TRAP_EXIT, (const char *)data, sizeof data));
ATTACK(abort_escapes, host_abort(COLONY_TRAP_EXIT, "\x1b[2J\x07\r\n", 8));
ATTACK(abort_unknown_trap, host_abort(-1, "?", 1));
ATTACK(abort_bad_pointer, host_abort(COLONY_TRAP_EXIT, ADDRESS(end_of_memory()), 8));     // ERR_GUEST_PROTOCOL
ATTACK(abort_length_huge, host_abort(COLONY_TRAP_EXIT, (const char *)data, UINT32_MAX));  // ERR_GUEST_PROTOCOL

// ---- protect and throw ----
// Only the SDK's own frame of this call is protected, and that call ends without a result. The host may report any
// error, and must go on.
ATTACK(throw_bare, host_throw());
// ERR_GUEST_TRAP: out of bounds.
ATTACK(protect_garbage, host_protect(ADDRESS(end_of_memory())));
// A row that the guest made itself, which protects another one, and so on. ERR_GUEST_TRAP: the stack is exhausted.
struct row {
  struct session *session;
  const struct colony_export *export;
  const struct cbor_item *arguments;
};
extern struct session *runtime_session;
extern const struct colony_export colony_export_protect_nested;
void protect_nested(void) {
  struct cbor_item none = {.kind = CBOR_ARRAY};
  struct row row = {runtime_session, &colony_export_protect_nested, &none};
  host_protect(&row);
}
COLONY_EXPORT(void, protect_nested);

// ---- Without end ----
// ERR_LIMIT_HYPERCALLS, or ERR_LIMIT_WALL_TIME.
void call_forever(void) {
  for (;;) {
    bool failed;
    colony_try_call(&failed, "nop");
  }
}
COLONY_EXPORT(void, call_forever);

void log_forever(void) {
  for (;;) colony_log("again");
}
COLONY_EXPORT(void, log_forever);

// ERR_LIMIT_OUTPUT, or ERR_LIMIT_MEMORY.
colony_bytes huge_output(uint64_t length) {
  uint8_t *buffer = colony_result_buffer(length > UINT32_MAX ? UINT32_MAX : (size_t)length);
  memset(buffer, 'x', (size_t)length);
  return (colony_bytes){buffer, (size_t)length};
}
COLONY_EXPORT(colony_bytes, huge_output, uint64_t);

void huge_request(uint64_t length) {
  uint8_t *buffer = colony_result_buffer(length > UINT32_MAX ? UINT32_MAX : (size_t)length);
  colony_call("nop", colony_bytes_of(buffer, (size_t)length));
}
COLONY_EXPORT(void, huge_request, uint64_t);
