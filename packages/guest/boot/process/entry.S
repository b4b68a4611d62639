// Entry of the executable, the fork, and the start of the guest.
#include "colony/abi.h"

        .text
        .globl _start
        .type _start, @function
_start:
        xorl    %ebp, %ebp              // ends backtraces
        andq    $-16, %rsp
        movl    $1, %eax                // only once, here: CPUID is slow in a virtual machine
        cpuid
        btl     $27, %ecx
        setc    has_xsave(%rip)
        call    zygote_start            // does not return
        ud2
        .size _start, . - _start

        .globl run_on                   // (stack top, function): does not return
        .type run_on, @function
run_on:
        movq    %rdi, %rsp
        xorl    %ebp, %ebp
        call    *%rsi
        ud2
        .size run_on, . - run_on

        .globl fork_child               // (stack top, channel, memory)
        .type fork_child, @function
fork_child:
        pushq   %r12
        pushq   %r13
        movq    %rsi, %r12              // the child inherits the zygote's registers, but not the memory of its stack
        movq    %rdx, %r13
        movq    %rdi, %rsi              // stack
        movl    $17, %edi               // SIGCHLD: a fork that shares nothing
        xorl    %edx, %edx
        xorl    %r10d, %r10d
        xorl    %r8d, %r8d
        movl    $56, %eax               // clone
        syscall
        testq   %rax, %rax
        jz      1f
        popq    %r13
        popq    %r12
        ret
1:      movl    %r12d, %edi
        movq    %r13, %rsi
        xorl    %ebp, %ebp
        call    child_main
        ud2
        .size fork_child, . - fork_child

        .globl enter_guest              // (heap, heap size, heap capacity, stack top)
        .type enter_guest, @function
enter_guest:
        movq    %rcx, %rsp
        movq    %rdi, %r12
        movq    %rdx, %r13
        // Resets vector, x87 and mask state: the zygote may have moved data of others through it. Without XSAVE, all
        // such state is in what FXRSTOR restores.
        leaq    initial_state(%rip), %rdi
        cmpb    $0, has_xsave(%rip)
        je      1f
        movl    $-1, %eax
        movl    $-1, %edx
        xrstor64 (%rdi)
        jmp     2f
1:      fxrstor64 (%rdi)
2:      movq    %r12, %rdi
        movq    %r13, %rdx
        movl    $COLONY_ABI_VERSION, %ecx
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d              // no system page
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        call    colony_main
        ud2
        .size enter_guest, . - enter_guest

        .globl fault_return             // the kernel wants a restorer for each handler; these handlers do not return
        .type fault_return, @function
fault_return:
        movl    $15, %eax               // rt_sigreturn
        syscall
        ud2
        .size fault_return, . - fault_return

        .globl colony_resume            // for the note; no host resumes there
        .set    colony_resume, fault_return

// An XSAVE image without components: XRSTOR then sets all of them to their initial values. For FXRSTOR, control words
// as at reset.
        .section .rodata
        .balign 64
initial_state:
        .word   0x37f                   // FCW
        .zero   22
        .long   0x1f80                  // MXCSR
        .zero   576 - 28

        .bss
        .globl has_xsave
has_xsave:
        .byte   0

        .section .note.GNU-stack, "", @progbits
