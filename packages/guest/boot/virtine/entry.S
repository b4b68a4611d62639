// A virtine starts here, at CPL 3, with no kernel below it. See packages/docs/internals/contracts.md for the registers
// (rdi heap base, rsi heap size, rdx heap capacity, rcx ABI version, r8 system page; rsp is 16-byte aligned).
#include "colony/abi.h"

        .text
        .globl _start
        .type _start, @function
_start:
        xorl    %ebp, %ebp              // ends backtraces
        cmpl    $COLONY_ABI_VERSION, %ecx
        jne     1f
        call    colony_main             // colony_main(base, size, capacity, version, system page)
1:      ud2                             // a wrong host, or a main that returned
        .size _start, . - _start

        .section .note.GNU-stack, "", @progbits
