// The only way out of the guest. C prototype: boot/hypercall.h.
//
// The host goes on at colony_resume whatever the guest did at the `out`, also for a fresh call that starts from a
// snapshot in a virtual CPU that another guest used. What the host does not restore (vector, x87 and mask state,
// segments, FS and GS base) is cleared here, in text that the guest cannot write.
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
        out     %al, $COLONY_PORT

        .globl colony_resume
colony_resume:                          // r8 status, r9 out_len, edx:eax XSAVE mask, r10 XSAVE image, r11 FS base
        xrstor64 (%r10)
        xorl    %edi, %edi
        movl    %edi, %ds
        movl    %edi, %es
        movl    %edi, %fs
        movl    %edi, %gs
        wrgsbase %rdi
        wrfsbase %r11
        movq    %r8, %rax               // status
        movq    %r9, %rdx               // out_len
        xorl    %esi, %esi
        xorl    %ecx, %ecx
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        ret
        .size colony_hypercall, . - colony_hypercall

        .section .note.GNU-stack, "", @progbits
