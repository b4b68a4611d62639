// The arguments of readv and its kin.
#ifndef COLONY_LINUX_VECTOR_H
#define COLONY_LINUX_VECTOR_H

#include "descriptor.h"

enum { MOST_BYTES = 0x7ffff000 };

struct piece {
  uint64_t address, length;
};

// Reads or writes one piece at an offset.
typedef int64_t piece_call(struct open_file *file, uint64_t offset, struct piece piece);
// Goes through the pieces until one is not complete. Returns all their bytes, or the first piece's error.
int64_t vector_each(piece_call *call, struct open_file *file, uint64_t offset, const uint64_t vector[2]);

int64_t file_read(struct open_file *file, uint64_t offset, struct piece piece);
int64_t file_write(struct open_file *file, uint64_t offset, struct piece piece);

// The file of a call that has an offset of its own. Pipes are refused before files that are not open for it.
typedef bool file_allows(const struct open_file *file);
int64_t file_with_offset(uint64_t descriptor, uint64_t offset, file_allows *allows, struct open_file **file);
// Moves the offset by the result of a call, if that is not an error.
int64_t advance(struct open_file *file, int64_t result);

#endif
