// The program's vector, x87 and mask registers, and its GS base: a hypercall clears them, a system call must not.
#ifndef COLONY_LINUX_VECTORS_H
#define COLONY_LINUX_VECTORS_H

// Takes the address of the system pages, which have the initial state.
void vectors_begin(const void *system_page);
void vectors_save(void);
void vectors_restore(void);
// Stores the present state at an address, which is a multiple of 64, and loads one that was stored so.
enum { VECTORS_ROOM = 2816 };
void vectors_store(void *to);
void vectors_load(const void *from);
// The state in which a program starts.
void vectors_clear(void);

#endif
