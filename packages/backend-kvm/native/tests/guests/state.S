// NEXT with the CPU's whole state exposed: the register contents that the next call sees are stored in readable memory.
#include "colony/abi.h"

        .text
        .globl observe_next
        .type observe_next, @function
// (in, in_len, out, out_cap) -> length of the request. Everything that a call could see goes to `observed`.
observe_next:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rcx, %r8
        movq    %rdx, %rcx
        movq    %rsi, %rdx
        movq    %rdi, %rsi
        movl    $COLONY_OP_NEXT, %edi
        call    colony_hypercall
        movq    %rdx, observed_length(%rip)
        // General registers except rax (status), rdx (length) and rsp.
        movq    %rbx, observed+0(%rip)
        movq    %rcx, observed+8(%rip)
        movq    %rsi, observed+16(%rip)
        movq    %rdi, observed+24(%rip)
        movq    %rbp, observed+32(%rip)
        movq    %r8, observed+40(%rip)
        movq    %r9, observed+48(%rip)
        movq    %r10, observed+56(%rip)
        movq    %r11, observed+64(%rip)
        movq    %r12, observed+72(%rip)
        movq    %r13, observed+80(%rip)
        movq    %r14, observed+88(%rip)
        movq    %r15, observed+96(%rip)
        pushfq
        popq    observed+104(%rip)
        rdfsbase %rax
        movq    %rax, observed+112(%rip)
        rdgsbase %rax
        movq    %rax, observed+120(%rip)
        xorl    %eax, %eax
        movw    %ds, %ax
        movq    %rax, observed+128(%rip)
        movw    %es, %ax
        movq    %rax, observed+136(%rip)
        movw    %fs, %ax
        movq    %rax, observed+144(%rip)
        movw    %gs, %ax
        movq    %rax, observed+152(%rip)
        movl    $-1, %eax
        movl    $-1, %edx
        xsave64 observed_xsave(%rip)
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        movq    observed_length(%rip), %rax
        ret
        .size observe_next, . - observe_next

// Fills every register that CPL 3 can write with the secret, then ends the call.
        .globl plant_and_next
plant_and_next:                         // (bool with_avx512)
        movq    %rdi, %rax
        movq    $0x5ec4e75ec4e75ec4, %rbx
        movq    %rbx, %xmm0
        vpbroadcastq %xmm0, %ymm0
        .irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        vmovdqa %ymm0, %ymm\n
        .endr
        testl   %eax, %eax
        jz      1f
        vpbroadcastq %rbx, %zmm0
        .irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        vmovdqa64 %zmm0, %zmm\n
        .endr
        .irp n,1,2,3,4,5,6,7
        kmovq   %rbx, %k\n
        .endr
1:      movq    %rbx, secret(%rip)
        fldl    secret(%rip)
        fldl    secret(%rip)
        fldpi
        movl    $0x0f7f, control(%rip)
        fldcw   control(%rip)
        movl    $0x9fff, control(%rip)
        ldmxcsr control(%rip)
        movq    $0x00005ec4e75ec4e7, %rcx
        wrfsbase %rcx
        wrgsbase %rcx
        xorl    %ecx, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        std
        .irp r,rcx,rbp,r8,r9,r10,r11,r12,r13,r14,r15
        movq    %rbx, %\r
        .endr
        movl    $COLONY_OP_NEXT, %eax
        leaq    empty(%rip), %rdi
        xorl    %esi, %esi
        leaq    empty(%rip), %rdx
        xorl    %ecx, %ecx
        out     %al, $COLONY_PORT
        ud2

// A hypercall with registers that the test chooses: (rax, rdi, rsi, rdx, rcx, r8).
        .globl raw_out
raw_out:
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %rcx
        movq    %r9, %r8
        out     %al, $COLONY_PORT
        ud2

        .globl int_table
        .balign 16
int_table:
        .set n, 0
        .rept 256
        .byte 0xcd, n, 0xc3, 0x90
        .set n, n + 1
        .endr

        .bss
        .balign 64
        .globl observed, observed_xsave
observed: .skip 192
        .balign 64
observed_xsave: .skip 16384
observed_length: .skip 8
secret: .skip 8
control: .skip 8
empty: .skip 8
        .section .note.GNU-stack, "", @progbits
