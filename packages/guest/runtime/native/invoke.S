// Calls an exported function of any signature, and returns from one that throws. Offsets are those of struct invocation
// and struct catch_point in machine.h.

        .section .text.runtime_invoke, "ax", @progbits
        .globl runtime_invoke
        .type runtime_invoke, @function
runtime_invoke:                         // (struct invocation *)
        pushq   %rbx                    // also aligns the stack
        movq    %rdi, %rbx
        movsd   56(%rbx), %xmm0
        movsd   64(%rbx), %xmm1
        movsd   72(%rbx), %xmm2
        movsd   80(%rbx), %xmm3
        movsd   88(%rbx), %xmm4
        movsd   96(%rbx), %xmm5
        movsd   104(%rbx), %xmm6
        movsd   112(%rbx), %xmm7
        movq    8(%rbx), %rdi
        movq    16(%rbx), %rsi
        movq    24(%rbx), %rdx
        movq    32(%rbx), %rcx
        movq    40(%rbx), %r8
        movq    48(%rbx), %r9
        movl    $8, %eax                // number of vector registers in use, for a variadic function
        call    *(%rbx)
        cld                             // hand-written assembly may have set the direction flag
        movq    %rax, 120(%rbx)
        movq    %rdx, 128(%rbx)
        movsd   %xmm0, 136(%rbx)
        popq    %rbx
        ret
        .size runtime_invoke, . - runtime_invoke

        .section .text.runtime_catch, "ax", @progbits
        .globl runtime_catch
        .type runtime_catch, @function
runtime_catch:                          // (struct catch_point *): returns 0, and 1 after runtime_unwind
        movq    %rbx, (%rdi)
        movq    %rbp, 8(%rdi)
        movq    %r12, 16(%rdi)
        movq    %r13, 24(%rdi)
        movq    %r14, 32(%rdi)
        movq    %r15, 40(%rdi)
        leaq    8(%rsp), %rax
        movq    %rax, 48(%rdi)
        movq    (%rsp), %rax
        movq    %rax, 56(%rdi)
        xorl    %eax, %eax
        ret
        .size runtime_catch, . - runtime_catch

        .section .text.runtime_unwind, "ax", @progbits
        .globl runtime_unwind
        .type runtime_unwind, @function
runtime_unwind:                         // (struct catch_point *)
        movq    (%rdi), %rbx
        movq    8(%rdi), %rbp
        movq    16(%rdi), %r12
        movq    24(%rdi), %r13
        movq    32(%rdi), %r14
        movq    40(%rdi), %r15
        movq    48(%rdi), %rsp
        cld
        movl    $1, %eax
        jmp     *56(%rdi)
        .size runtime_unwind, . - runtime_unwind

        .section .note.GNU-stack, "", @progbits
