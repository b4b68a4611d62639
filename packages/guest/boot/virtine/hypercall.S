// The only way out of the guest. C prototype: boot/hypercall.h.
//
// The host resumes at colony_resume. Before that it clears vector, x87 and mask state and the segments, and sets FS
// base to the value of r8. All caller-saved registers are lost, as after any call.
#include "colony/abi.h"

        .text
        .globl colony_hypercall
        .type colony_hypercall, @function
colony_hypercall:                       // (op, in, in_len, out, out_cap)
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %rcx
        rdfsbase %r8
        out     %al, $COLONY_PORT

        .globl colony_resume
colony_resume:                          // r8 status, r9 out_len
        movq    %r8, %rax
        movq    %r9, %rdx
        xorl    %esi, %esi
        xorl    %ecx, %ecx
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        ret
        .size colony_hypercall, . - colony_hypercall

        .section .text.colony_set_thread_pointer, "ax", @progbits
        .globl colony_set_thread_pointer
        .type colony_set_thread_pointer, @function
colony_set_thread_pointer:              // (thread): the code above preserves it
        wrfsbase %rdi
        ret
        .size colony_set_thread_pointer, . - colony_set_thread_pointer

        .section .note.GNU-stack, "", @progbits
