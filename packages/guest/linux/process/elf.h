// ELF files, read and checked. Everything in a file may be hostile.
#ifndef COLONY_LINUX_ELF_H
#define COLONY_LINUX_ELF_H

#include <linux/elf.h>

#include "../files/files.h"

struct elf {
  struct bytes file;
  Elf64_Ehdr header;
  bool fixed;          // linked to its addresses
  uint64_t low, high;  // addresses of the segments, in whole pages; `high` is the end
  uint64_t align;      // the largest that a segment wants
  uint64_t end;        // of the last segment, in bytes: brk begins above
  uint64_t table;      // where the program headers lie in memory, or 0
};

// Reads the headers. Returns 0 or ENOEXEC, EINVAL or ENOMEM as execve does.
int64_t elf_read(struct bytes file, struct elf *elf);

// A program header by its number, below header.e_phnum.
Elf64_Phdr elf_segment(const struct elf *elf, size_t number);

// The path of the loader that the file names, in `path` with LONGEST_PATH bytes: empty if it names none. Returns 0 or ENOEXEC.
int64_t elf_interpreter(const struct elf *elf, char *path);

// Puts the segments into memory that was taken for them, at their addresses plus `bias`. `kept`: the read-only ones have
// their bytes already.
void elf_copy(const struct elf *elf, uint64_t bias, bool kept);

#endif
