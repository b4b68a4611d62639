// The note that identifies a virtine image and declares its sizes to the host. An image sets its own numbers with
// -DCOLONY_STACK_SIZE=..., -DCOLONY_HEAP_BASE=..., -DCOLONY_HEAP_INITIAL=... Assembly, for the images of all native
// targets.
#include "colony/abi.h"

#ifndef COLONY_STACK_SIZE
#define COLONY_STACK_SIZE 0x10000
#endif
#ifndef COLONY_HEAP_BASE
#define COLONY_HEAP_BASE 0              // the host chooses
#endif
#ifndef COLONY_HEAP_INITIAL
#define COLONY_HEAP_INITIAL 0
#endif

        .section .note.colony, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   COLONY_NOTE_TYPE
1:      .asciz  COLONY_NOTE_NAME
2:      .balign 4
3:      .long   COLONY_ABI_VERSION
        .long   0                       // flags
        .quad   COLONY_STACK_SIZE
        .quad   COLONY_HEAP_BASE
        .quad   COLONY_HEAP_INITIAL
        .quad   colony_resume
4:
        .section .note.GNU-stack, "", @progbits
