// For code that the Colony compiler generates: how a function's declared types cross. Nothing in here is for users.
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

// One call: the arguments that are left, and where the result goes.
struct colony_declared {
  struct cbor_reader arguments;
  uint64_t given;
  struct cbor_writer *out;
};
typedef void colony_declared_thunk(struct colony_declared *call);

// Ends the call with a TypeError unless `wanted` were given.
#define colony_count(call, function, wanted) check_count(function, wanted, (call)->given)
// The next item of a container.
void colony_next(struct cbor_reader *reader, struct cbor_item *item);
void colony_object(const struct cbor_item *item, const struct colony_place *place);
void colony_field(const struct cbor_item *object, const struct colony_place *place, const char *name, struct cbor_item *field);
// Which of `names` the object has, and its value: exactly one of them, or the call ends.
uint64_t colony_one_of(const struct cbor_item *object, const struct colony_place *place, const char *const *names, uint64_t count,
                       struct cbor_item *value);
// An array of exactly `count` items.
void colony_array(const struct cbor_item *item, const struct colony_place *place, uint64_t count);

// Item kinds of buffers: bits, negative where signed, of integers; for floats 'f' and 'd'.
// How many items: of an array, of a typed array of that kind, or (bytes only) of any typed array.
uint64_t colony_length(const struct cbor_item *item, const struct colony_place *place, int bits, bool floats);
void colony_same_length(const struct colony_place *place, uint64_t length, uint64_t wanted);
// A count that was passed, or that a field holds, and that is none of items that C could have.
void colony_check_capacity(const struct colony_place *place, uint64_t count, uint64_t most);
void colony_read_integers(const struct cbor_item *item, const struct colony_place *place, int bits, void *to);
void colony_read_floats(const struct cbor_item *item, const struct colony_place *place, int bits, void *to);
// The same for bytes that the function may change: where they lie in the request, if nothing else stands for them.
void *colony_own_bytes(const struct cbor_item *item, const struct colony_place *place, int bits);
// Zeroed room until the call ends; ends it where `count * size` is too much.
void *colony_room(const struct colony_place *place, uint64_t count, size_t size);
// The same for what ends the result: where colony_put_last needs no copy, if the rest takes at most `before` bytes.
void *colony_last_room(const struct colony_place *place, uint64_t count, size_t size, size_t before);
const char *colony_string(const struct cbor_item *item, const struct colony_place *place);

// Ends the call: the field that tells which member of a union counts has a value of which nothing is said.
_Noreturn void colony_no_case(const char *function, const char *field, int64_t value);
void colony_put_string(struct cbor_writer *out, const char *text);
// A typed array (a Uint8Array for bytes).
void colony_put_items(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats);
// The same where nothing follows: the rest goes before the items where they lie, if they may be sent from there.
void colony_put_last(struct cbor_writer *out, const void *items, uint64_t count, int bits, bool floats);
// How many of a buffer come back: ends the call where a function says that it wrote more than it had room for.
uint64_t colony_used(const char *function, const char *buffer, uint64_t used, uint64_t capacity);

#endif
