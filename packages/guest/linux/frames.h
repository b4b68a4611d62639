// Frames from the host, and the results that it takes.
#ifndef COLONY_LINUX_FRAMES_H
#define COLONY_LINUX_FRAMES_H

#include "files/files.h"
#include "runtime/cbor.h"

// A writer for one result, in a buffer that all share.
struct cbor_writer new_result(void);
void put_literal(struct cbor_writer *out, const char *text);
// Begins [state, ...]: 0 and a value, or 1 and an error.
void put_outcome(struct cbor_writer *out, uint64_t state);
void put_error(struct cbor_writer *out, const char *name, const char *message, const char *code);

// Hands a result over and waits for the next frame, whose bytes stay until the next one.
struct bytes next_frame(const void *message, size_t length);

#endif
