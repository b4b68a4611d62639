// The ways between a program and the library OS, all at privilege level 3.
#include "colony/abi.h"
#include "registers.h"

// struct registers, from its end: what a trap pushes, and then everything else.
.macro SAVE_GENERAL
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
.endm

.macro RESTORE_GENERAL
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
.endm

// A program may have set the direction flag, alignment checks or nested tasks, which this code must not run with.
.macro CLEAN_FLAGS
        pushq   $2
        popfq
.endm

        .text

// A SYSCALL instruction comes here, on a KVM that takes LSTAR at CPL 3: rcx is the address after it. If the processor
// refuses the instruction, linux_exceptions leads here.
        .globl  linux_system_call
        .type   linux_system_call, @function
linux_system_call:
        movq    %rsp, program_stack(%rip)
        movq    linux_kernel_stack(%rip), %rsp
        pushq   $REGISTERS_TRAPPED
        jmp     1f

// A rewritten site comes here through its thunk, with the same registers.
        .globl  linux_system_call_thunk
        .type   linux_system_call_thunk, @function
linux_system_call_thunk:
        movq    %rsp, program_stack(%rip)
        movq    linux_kernel_stack(%rip), %rsp
        pushq   $0
1:      pushq   program_stack(%rip)
        pushfq
        pushq   %rcx
        pushq   %rax                    // the number, which the result replaces
        SAVE_GENERAL
        CLEAN_FLAGS
        movq    %rsp, %rdi
        call    linux_serve             // (struct registers *)
        .globl  linux_thread_start
linux_thread_start:                     // where a new thread begins
        RESTORE_GENERAL
        addq    $8, %rsp
        popq    %rcx
        andq    $~0x100, (%rsp)         // without the trap flag, which would stop this code
        popfq
        movq    (%rsp), %rsp
        jmp     *%rcx
        .size   linux_system_call, . - linux_system_call

// The processor's exceptions, each in its stub, on the stack that the TSS names. The last stub is that of the host's ticks,
// which have a stack of their own.
        .balign 16
        .globl  linux_exceptions
        .type   linux_exceptions, @function
linux_exceptions:
        .set    vector, 0
        .rept   COLONY_LINUX_TICK_VECTOR + 1
        .balign 16
        .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21)
        .else
        pushq   $0                      // the processor has pushed no error code
        .endif
        pushq   $vector
        jmp     2f
        .set    vector, vector + 1
        .endr
2:      testb   $8, %spl                // INT n pushes no error code for the vectors that have one
        jnz     4f
        pushq   (%rsp)
        movq    $0, 8(%rsp)
4:      SAVE_GENERAL
        CLEAN_FLAGS
        movq    %rsp, %rdi
        call    linux_exception         // (struct exception *): true if it was a SYSCALL that the processor refused
        testb   %al, %al
        jnz     3f
        RESTORE_GENERAL
        addq    $16, %rsp               // vector, error code
        iretq
3:      RESTORE_GENERAL
        addq    $16, %rsp
        movl    $SELECTOR_DATA, %ecx    // a processor may load null at a stack switch, and IRET refuses that
        movl    %ecx, %ss
        popq    %rcx                    // the address of the instruction
        addq    $2, %rcx
        addq    $8, %rsp                // code segment
        movq    (%rsp), %r11
        andq    $~0x100, (%rsp)         // without the trap flag, as below
        popfq
        movq    (%rsp), %rsp
        jmp     linux_system_call
        .size   linux_exceptions, . - linux_exceptions

// int linux_enter(const struct start *): runs a program until linux_leave, whose argument it returns.
        .globl  linux_enter
        .type   linux_enter, @function
linux_enter:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp                // so that frames of system calls are aligned
        movq    %rsp, leave_stack(%rip)
        movq    %rsp, linux_kernel_stack(%rip)
        movq    (%rdi), %rcx            // start.instruction
        movq    8(%rdi), %rsp           // start.stack
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %edx, %edx
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        jmp     *%rcx
        .size   linux_enter, . - linux_enter

        .globl  linux_leave
        .type   linux_leave, @function
linux_leave:
        movl    %edi, %eax
        movq    leave_stack(%rip), %rsp
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        cld
        ret
        .size   linux_leave, . - linux_leave

// void linux_switch(uint64_t *stop, uint64_t next): goes on at another thread's stop.
        .globl  linux_switch
        .type   linux_switch, @function
linux_switch:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .size   linux_switch, . - linux_switch

// linux_preempt(const struct exception *): lets other threads run, and then goes on where the tick came. The registers move to
// the thread's own stack, because the next tick takes that of ticks.
        .globl  linux_preempt
        .type   linux_preempt, @function
linux_preempt:
        movq    %rdi, %rsi
        movq    linux_kernel_stack(%rip), %rdi
        subq    $EXCEPTION_BYTES, %rdi
        movq    %rdi, %rsp
        movl    $EXCEPTION_BYTES / 8, %ecx
        rep movsq
        movq    %rsp, %rdi
        call    linux_tick              // (struct exception *)
        RESTORE_GENERAL
        addq    $16, %rsp               // vector, error code
        iretq
        .size   linux_preempt, . - linux_preempt

// linux_resume(const struct resumption *): goes on with every register as given.
        .globl  linux_resume
        .type   linux_resume, @function
linux_resume:
        movq    %rdi, %rsp
        RESTORE_GENERAL
        iretq
        .size   linux_resume, . - linux_resume

        .bss
        .balign 64
program_stack: .skip 8
        .globl  linux_kernel_stack
linux_kernel_stack: .skip 8
leave_stack: .skip 8
        .balign 4096
        .skip   COLONY_LINUX_TICK_STACK
        .skip   COLONY_LINUX_TICK_STACK
        .globl  linux_exception_stack
linux_exception_stack:

// The note that identifies this image, with the fields of an image for Linux programs. See contracts.md.
        .section .note.colony, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   COLONY_NOTE_TYPE
1:      .asciz  COLONY_NOTE_NAME
2:      .balign 4
3:      .long   COLONY_ABI_VERSION
        .long   COLONY_NOTE_FLAG_LINUX
        .quad   LINUX_STACK
        .quad   COLONY_LINUX_HEAP_BASE
        .quad   LINUX_FIRST_HEAP
        .quad   colony_resume
        .quad   linux_system_call
        .quad   linux_exceptions
        .quad   linux_exception_stack
4:
        .section .note.GNU-stack, "", @progbits
