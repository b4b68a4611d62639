// Invalid hypercalls. Unless noted, each ends in ERR_GUEST_PROTOCOL. `hypercall` lets a test pass any numbers; the
// others are named attacks.
#include "../boot/hypercall.h"

#include <colony/virtine.h>

#include <string.h>

static uint8_t data[8192] __attribute__((aligned(4096)));
static const uint8_t constant[8192] = {1};

// Passes any numbers. Returns the status, if the hypercall returns.
uint64_t hypercall(uint64_t op, uint64_t in, uint64_t in_len, uint64_t out, uint64_t out_cap) {
  return colony_hypercall(op, (const void *)in, in_len, (void *)out, out_cap).status;
}
COLONY_EXPORT(uint64_t, hypercall, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

// Addresses for `hypercall`: text, rodata, data, stack.
uint64_t address_of(const char *what) {
  if (strcmp(what, "text") == 0) return (uint64_t)&hypercall;
  if (strcmp(what, "rodata") == 0) return (uint64_t)constant;
  if (strcmp(what, "data") == 0) return (uint64_t)data;
  if (strcmp(what, "stack") == 0) return (uint64_t)__builtin_frame_address(0);
  colony_throw("no such place");
}
COLONY_EXPORT(uint64_t, address_of, const char *);

static void call(const void *in, uint64_t in_len, void *out, uint64_t out_cap) {
  colony_hypercall(COLONY_OP_CALL, in, in_len, out, out_cap);
}

#define ATTACK(name, ...) \
  void name(void) { __VA_ARGS__; } \
  COLONY_EXPORT(void, name)

// ---- Lengths and pointers; a length above limits.output is ERR_LIMIT_OUTPUT ----
ATTACK(length_huge, call(data, UINT64_MAX, data, sizeof data));
ATTACK(length_signed, call(data, (uint64_t)1 << 63, data, sizeof data));
ATTACK(length_wraps, call(data, -(uint64_t)data + 16, data, sizeof data));
ATTACK(length_beyond_region, call(data, 0x10000000, data, sizeof data));
ATTACK(pointer_null, call(NULL, 16, data, sizeof data));
ATTACK(pointer_unmapped, call((void *)0x10000, 16, data, sizeof data));
ATTACK(pointer_noncanonical, call((void *)0x800000000000, 16, data, sizeof data));
ATTACK(pointer_kernel, call((void *)0xffff800000000000, 16, data, sizeof data));
ATTACK(pointer_last, call((void *)UINT64_MAX, 1, data, sizeof data));
ATTACK(pointer_last_wraps, call((void *)UINT64_MAX, 2, data, sizeof data));
ATTACK(out_unmapped, call("\x82\x61x\x80", 4, (void *)0x10000, 4096));
ATTACK(out_text, call("\x82\x61x\x80", 4, (void *)(uintptr_t)&hypercall, 4096));
ATTACK(out_rodata, call("\x82\x61x\x80", 4, (void *)(uintptr_t)constant, sizeof constant));
// A false capacity does no harm, because the host checks its writes. These may pass.
ATTACK(out_cap_huge, call("\x82\x61x\x80", 4, data, UINT64_MAX));
ATTACK(out_cap_wraps, call("\x82\x61x\x80", 4, data, -(uint64_t)data));
ATTACK(out_cap_lies, call("\x82\x61x\x80", 4, data, 0x10000000));

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
ATTACK(op_zero, hypercall(0, 0, 0, 0, 0));
ATTACK(op_six, hypercall(6, 0, 0, 0, 0));
ATTACK(op_huge, hypercall(UINT64_MAX, 0, 0, 0, 0));
ATTACK(op_high_bits, hypercall((uint64_t)1 << 32 | COLONY_OP_CALL, 0, 0, 0, 0));
ATTACK(fetch_nothing, hypercall(COLONY_OP_FETCH, 0, 0, (uint64_t)data, sizeof data));

// Ends the call with a result that the guest made itself, which is allowed.
ATTACK(next_early, hypercall(COLONY_OP_NEXT, (uint64_t)"\x82\x00\x07", 3, (uint64_t)data, sizeof data));
ATTACK(next_garbage, hypercall(COLONY_OP_NEXT, (uint64_t)"garbage", 7, (uint64_t)data, sizeof data));
ATTACK(next_empty, hypercall(COLONY_OP_NEXT, 0, 0, (uint64_t)data, sizeof data));
ATTACK(next_error_forged, hypercall(COLONY_OP_NEXT, (uint64_t)"\x82\x01\x05", 3, (uint64_t)data, sizeof data));
// The next request does not fit: TOO_SMALL. The state afterwards is the program's own concern.
ATTACK(next_without_room, hypercall(COLONY_OP_NEXT, (uint64_t)"\x82\x00\x07", 3, 0, 0));

// ---- GROW: too large may be ERR_LIMIT_MEMORY; to nothing may pass, and shrinks nothing ----
ATTACK(grow_huge, hypercall(COLONY_OP_GROW, UINT64_MAX & ~(uint64_t)4095, 0, 0, 0));
ATTACK(grow_terabyte, hypercall(COLONY_OP_GROW, (uint64_t)1 << 40, 0, 0, 0));
ATTACK(grow_wraps, hypercall(COLONY_OP_GROW, (uint64_t)1 << 63, 0, 0, 0));
ATTACK(grow_unaligned, hypercall(COLONY_OP_GROW, 4097, 0, 0, 0));
ATTACK(grow_to_nothing, hypercall(COLONY_OP_GROW, 0, 0, 0, 0));

// ---- ABORT: ERR_GUEST_TRAP, whatever the message ----
static void abort_with(const void *message, uint64_t length, uint64_t trap) {
  hypercall(COLONY_OP_ABORT, (uint64_t)message, length, trap, 0);
}
ATTACK(abort_good, abort_with("so be it", 8, COLONY_TRAP_EXIT));
ATTACK(abort_not_utf8, abort_with("\xff\xfe\x80", 3, COLONY_TRAP_EXIT));
ATTACK(abort_long, memset(data, 'x', sizeof data); abort_with(data, sizeof data, COLONY_TRAP_EXIT));
ATTACK(abort_escapes, abort_with("\x1b[2J\x07\r\n", 8, COLONY_TRAP_EXIT));
ATTACK(abort_unknown_trap, abort_with("?", 1, UINT64_MAX));
ATTACK(abort_bad_pointer, abort_with((void *)0x10000, 8, COLONY_TRAP_EXIT));  // ERR_GUEST_PROTOCOL
ATTACK(abort_length_huge, abort_with(data, UINT64_MAX, COLONY_TRAP_EXIT));    // ERR_GUEST_PROTOCOL

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
  uint8_t *buffer = colony_result_buffer(length);
  memset(buffer, 'x', length);
  return (colony_bytes){buffer, length};
}
COLONY_EXPORT(colony_bytes, huge_output, uint64_t);

void huge_request(uint64_t length) {
  uint8_t *buffer = colony_result_buffer(length);
  colony_call("nop", colony_bytes_of(buffer, length));
}
COLONY_EXPORT(void, huge_request, uint64_t);
