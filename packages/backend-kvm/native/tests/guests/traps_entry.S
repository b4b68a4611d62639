// The entries of the guest that serves its own exceptions, as small as they can be.
#include "colony/abi.h"

        .text
        .globl  system_call_entry
system_call_entry:
        incq    system_calls(%rip)
        jmp     *%rcx

        .balign 16
        .globl  exception_entries
exception_entries:
        .set    vector, 0
        .rept   COLONY_LINUX_TICK_VECTOR + 1
        .balign 16
        .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21)
        .else
        pushq   $0
        .endif
        pushq   $vector
        jmp     1f
        .set    vector, vector + 1
        .endr
1:      testb   $8, %spl                // clear: INT n, which pushes no error code whatever its vector
        jnz     1f
        pushq   (%rsp)
        movq    $0, 8(%rsp)
1:      cmpb    $0, nested(%rip)
        jne     5f
        pushq   %rax
        movl    %cs, %eax               // of the handler: always level 3
        notl    %eax
        andl    $3, %eax
        orq     %rax, higher_level(%rip)
        movq    8(%rsp), %rax
        movq    %rax, last_vector(%rip)
        cmpq    $6, %rax                // a SYSCALL that the processor refused
        jne     2f
        movq    24(%rsp), %rax
        cmpw    $0x050f, (%rax)
        jne     2f
        incq    system_calls(%rip)
        addq    $2, 24(%rsp)
        jmp     3f
2:      movq    resume_at(%rip), %rax   // 0: where it was
        testq   %rax, %rax
        jz      3f
        movq    %rax, 24(%rsp)
        andq    $~0x100, 40(%rsp)
3:      popq    %rax
        addq    $16, %rsp
        iretq
5:      ud2                             // a handler that faults itself

// (deed, number): does it; returns when the exception has been served.
        .globl  provoke
provoke:
        leaq    4f(%rip), %rax
        movq    %rax, resume_at(%rip)
        movq    %rsp, stack_then(%rip)
        jmp     *%rdi
4:      movq    stack_then(%rip), %rsp
        ret

        .globl  do_ud2, do_null_read, do_null_call, do_divide, do_int3, do_hlt, do_far_code, do_step, do_write
do_ud2: ud2
do_null_read: movq 8, %rax
        ud2
do_null_call: xorl %eax, %eax
        jmp     *%rax
do_divide: xorl %ecx, %ecx
        xorl    %edx, %edx
        divl    %ecx
do_int3: int3
        ud2
do_hlt: hlt
do_far_code: pushq $0x10
        leaq    do_ud2(%rip), %rax
        pushq   %rax
        lretq
do_step: pushfq
        orq     $0x100, (%rsp)
        popfq
        nop
        nop
        ud2
do_write: movb $1, (%rsi)
        movq    $0, last_vector(%rip)
        jmp     4b

// (n): INT n.
        .globl  interrupt
interrupt:
        leaq    4b(%rip), %rax
        movq    %rax, resume_at(%rip)
        movq    %rsp, stack_then(%rip)
        leaq    6f(%rip), %rax
        leaq    (%rax,%rdi,8), %rax
        jmp     *%rax
        .balign 8
6:      .set    n, 0
        .rept   256
        .byte   0xcd, n
        jmp     7f
        .balign 8
        .set    n, n + 1
        .endr
7:      movq    $999, last_vector(%rip) // served, and returned behind it
        jmp     4b

        .globl  plant_state
plant_state:
        movl    $0x2b, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %eax, %ss
        movq    $0x123000, %rax
        wrfsbase %rax
        wrgsbase %rax
        std
        ret

        .globl  loop_faults, loop_syscalls, loop_int3, loop_step
loop_faults: movq $0, resume_at(%rip)
        movq    8, %rax
loop_syscalls: syscall
        jmp     loop_syscalls
loop_int3: movq $0, resume_at(%rip)
8:      int3
        jmp     8b
loop_step: movq $0, resume_at(%rip)
        pushfq
        orq     $0x100, (%rsp)
        popfq
9:      jmp     9b

        .bss
        .balign 16
        .globl  system_calls, last_vector, resume_at, nested, higher_level
system_calls: .skip 8
last_vector: .skip 8
higher_level: .skip 8
resume_at: .skip 8
stack_then: .skip 8
nested: .skip 8
        .balign 16
        .skip   4096
        .skip   COLONY_LINUX_TICK_STACK
exception_stack:

        .section .note.colony, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   COLONY_NOTE_TYPE
1:      .asciz  COLONY_NOTE_NAME
2:      .balign 4
3:      .long   COLONY_ABI_VERSION
        .long   COLONY_NOTE_FLAG_LINUX
        .quad   0x10000
        .quad   COLONY_LINUX_HEAP_BASE
        .quad   0x200000
        .quad   colony_resume
        .quad   system_call_entry
        .quad   exception_entries
        .quad   exception_stack
4:
        .section .note.GNU-stack, "", @progbits
