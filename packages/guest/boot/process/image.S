// The note that identifies an image to hosts and tools, and its numbers again for the executable itself.
#include "../note.h"

        .section .rodata
        .balign 8
        .globl  colony_stack_size, colony_wanted_heap_base, colony_heap_initial
colony_stack_size:
        .quad   COLONY_STACK_SIZE
colony_wanted_heap_base:
        .quad   COLONY_HEAP_BASE
colony_heap_initial:
        .quad   COLONY_HEAP_INITIAL
