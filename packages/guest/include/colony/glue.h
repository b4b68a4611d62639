// Support for code that the Colony compiler generates: passes values as a function's types declare them. Internal:
// nothing here is for users.
#ifndef COLONY_GLUE_H
#define COLONY_GLUE_H

#pragma GCC system_header

#include <colony/virtine.h>

#include "../../runtime/values.h"

// An export whose function reads its arguments and writes its result itself.
#define COLONY_DECLARED 'x'
#define COLONY_EXPORT_DECLARED(name, thunk)                                                            \
  COLONY_RECORD const struct colony_export colony_export_##name                                        \
      __attribute__((section("colony_exports"), used, aligned(8))) = {#name, (void (*)(void))(thunk), {COLONY_DECLARED}}

// One call: the arguments that are still unread, and the writer of the result.
struct colony_declared {
  struct cbor_reader arguments;
  uint64_t given;
  struct cbor_writer *out;
};
typedef void colony_declared_thunk(struct colony_declared *call);

// Ends the call with a TypeError unless the caller passed `wanted` arguments.
#define colony_count(call, function, wanted) check_count(function, wanted, (call)->given)
// Reads the next item of a container.
void colony_next(struct cbor_reader *reader, struct cbor_item *item);
void colony_object(const struct cbor_item *item, const struct colony_place *place);
void colony_field(const struct cbor_item *object, const struct colony_place *place, const char *name,
                  struct cbor_item *field);
// Returns the index of the name that the object has, and its value. Ends the call unless it has exactly one of `names`.
uint64_t colony_one_of(const struct cbor_item *object, const struct colony_place *place, const char *const *names,
                       uint64_t count, struct cbor_item *value);
// Checks for an array of exactly `count` items.
void colony_array(const struct cbor_item *item, const struct colony_place *place, uint64_t count);

// Returns the number of items of an array, of a typed array of that kind, or (for bytes only) of any typed array.
// `bits` is the width of an item, negative for signed integers; `floats` marks floating-point items.
uint64_t colony_length(const struct cbor_item *item, const struct colony_place *place, int bits, bool floats);
void colony_same_length(const struct colony_place *place, uint64_t length, uint64_t wanted);
// Ends the call with a RangeError if `count` is more than `most`, which is the largest number in the count's C type.
void colony_check_capacity(const struct colony_place *place, uint64_t count, uint64_t most);
void colony_read_integers(const struct cbor_item *item, const struct colony_place *place, int bits, void *to);
void colony_read_floats(const struct cbor_item *item, const struct colony_place *place, int bits, void *to);
// The same for bytes that the function may change. Returns their place in the request if no other value shares it, else
// a copy.
void *colony_own_bytes(const struct cbor_item *item, const struct colony_place *place, int bits);
// Allocates zeroed memory until the call ends. Ends the call if `count * size` is too large.
void *colony_room(const struct colony_place *place, uint64_t count, size_t size);
// The same for the last part of the result. colony_put_last then needs no copy, if the rest takes at most `before`
// bytes.
void *colony_last_room(const struct colony_place *place, uint64_t count, size_t size, size_t before);
const char *colony_string(const struct cbor_item *item, const struct colony_place *place);

// Ends the call: the field that selects a union's member has a value without a member.
_Noreturn void colony_no_case(const char *function, const char *field, int64_t value);
void colony_put_string(struct cbor_writer *out, const char *text);
// Writes a typed array (a Uint8Array for bytes).
void colony_put_items(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats);
// The same if nothing follows. Writes the rest of the frame before the items in place, if they can be sent from there.
void colony_put_last(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats);
// Returns the number of items that a buffer returns. Ends the call if the function reports more items than the
// capacity.
uint64_t colony_used(const char *function, const char *buffer, uint64_t used, uint64_t capacity);

#endif
