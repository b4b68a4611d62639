// The host's part for tests: memory at the address that it has in a virtine, of which only the first bytes are accessible.
#ifndef COLONY_LINUX_ARENA_H
#define COLONY_LINUX_ARENA_H

#include "../../files/files.h"
#include "../memory.h"

enum { BASE = 0x200000, ARENA = 64 << 20, FILE_LENGTH = 5 * PAGE + 123 };

// Begins with fresh memory, of which `size` bytes are accessible.
void arena_begin(uint64_t size, uint64_t capacity);
// The most bytes that a reservation may make the memory long.
extern uint64_t arena_most;
// Pages of the arena that exist: they were touched.
uint64_t arena_touched(void);

// The file behind descriptor 3. Its bytes are never 0.
enum { DESCRIPTOR = 3 };
const uint8_t *arena_file(void);

#endif
