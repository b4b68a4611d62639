// Mappings of files that stay from the first start of a program, so that each later start finds their bytes in place.
//
// The program is started once when it is loaded. The read-only pieces of the libraries that its loader mapped keep their
// bytes and their place. A fresh call then copies what is writable, and nothing else.
#ifndef COLONY_LINUX_KEPT_H
#define COLONY_LINUX_KEPT_H

#include "space.h"

// Remembers that a loader mapped `length` bytes at `start` for the file whose bytes are at `data`, or one piece of them.
void kept_add(const uint8_t *data, uint64_t start, uint64_t length);
void kept_add_piece(const uint8_t *data, uint64_t start, uint64_t length);

// Takes the place that was kept for the file, as a region without a touch. Returns 0 if there is none.
uint64_t kept_take(const uint8_t *data, uint64_t length, const struct region_kind *kind);

// True if the piece's bytes are in place, since its place was taken.
bool kept_has_piece(const uint8_t *data, uint64_t start, uint64_t length);

// The bytes of a range may differ from now on.
void kept_spoil(uint64_t start, uint64_t end);
// The range is not the program's any more.
void kept_forget(uint64_t start, uint64_t end);

void kept_begin(void);

#endif
