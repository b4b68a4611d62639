// The declarations that the rooms of the library OS share. It runs unmodified Linux programs in a virtine: the program, its libraries and
// this code are one guest at CPL 3. Packages/docs/internals/linux.md has the design.
//
//   files/     descriptors, paths, the memory file system, files of the host's read-only set
//   memory/    the program's address space, and the library OS's own allocator
//   process/   ELF files, the first stack, clocks, randomness, identity, the end
//   entry.S    the only way in from a program; main.c serves frames; host.c makes hypercalls
//
// Nothing here uses vector registers (-mgeneral-regs-only), because a system call preserves those of its caller.
#ifndef COLONY_LINUX_KERNEL_H
#define COLONY_LINUX_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A system call returns a value, or an error's number from asm/errno.h as a negative one.
typedef int64_t system_call(const uint64_t arguments[6]);
#define SYSTEM_CALL(name) int64_t sys_##name(const uint64_t a[6])
// A call that a signal interrupted, and that is made again if the signal's handler wants that. Programs get EINTR otherwise.
enum { RESTART = -512 };

enum { PAGE = 4096, LONGEST_PATH = 4096 };

static inline uint64_t page_up(uint64_t value) { return (value + PAGE - 1) & ~(uint64_t)(PAGE - 1); }
static inline uint64_t page_down(uint64_t value) { return value & ~(uint64_t)(PAGE - 1); }

// --- freestanding C ------------------------------------------------------------------------------------------------
#ifdef COLONY_NATIVE  // tests on the host use the host's
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *text, int letter);
char *strrchr(const char *text, int letter);
#endif

struct bytes {
  const uint8_t *data;
  size_t length;
};

// --- the program's memory --------------------------------------------------------------------------------------------
// True if the whole range lies in the program's memory. A length of 0 is always good.
bool user_range(uint64_t address, uint64_t length);
// Copies the text at `address`, with its end. Returns its length, or -EFAULT or -ENAMETOOLONG.
int64_t user_text(uint64_t address, char *to, size_t room);

// --- the library OS's own memory -------------------------------------------------------------------------------------
// Zeroed, 16-byte aligned. The allocator returns NULL only if the size is absurd: at the memory limit the host ends the call.
void *kernel_allocate(size_t size);
void *kernel_resize(void *block, size_t size);  // new bytes are not zeroed
void kernel_free(void *block);

// Ends the run with a report: the library OS is in a state that it cannot go on from.
_Noreturn void kernel_panic(const char *message);

#endif
