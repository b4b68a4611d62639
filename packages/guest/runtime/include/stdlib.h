// For programs that need no libc. With musl installed, its own header is used.
#ifndef COLONY_STDLIB_H
#define COLONY_STDLIB_H

#include <stddef.h>

void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void *aligned_alloc(size_t, size_t);
int posix_memalign(void **, size_t, size_t);
void free(void *);
_Noreturn void abort(void);
_Noreturn void exit(int);
_Noreturn void _Exit(int);

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

#endif
