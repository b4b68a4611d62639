// Two ways into a function, at the image's start and at ENVIRONMENT_DIRECT from it. The first boots: from real mode, as
// the processor is after reset, to the mode of BITS, with the steps of ../boot_guest.S but without time stamps. The
// second starts in that mode. ebx = the argument, esp = the stack; writes to the port with the result in eax.
#include "layout.h"

        .section .text.entry, "ax"
        .globl  boot
        .code16
boot:
#if BITS > 16
        lgdtl   descriptor32
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $0x08, $protected
        .code32
protected:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
#endif
#if BITS == 64
        movl    $(ENVIRONMENT_TABLES + 0x1003), ENVIRONMENT_TABLES
        movl    $(ENVIRONMENT_TABLES + 0x2003), ENVIRONMENT_TABLES + 0x1000
        movl    $(ENVIRONMENT_TABLES + 0x2000), %edi
        movl    $0x83, %eax
        movl    $512, %ecx
1:      movl    %eax, (%edi)
        movl    $0, 4(%edi)
        addl    $0x200000, %eax
        addl    $8, %edi
        decl    %ecx
        jnz     1b
        movl    $ENVIRONMENT_TABLES, %eax
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x20, %eax
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx
        rdmsr
        orl     $0x100, %eax
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
        lgdtl   descriptor64
        ljmpl   $0x08, $direct
#else
        jmp     direct
#endif

        .org    ENVIRONMENT_DIRECT
#if BITS == 64
        .code64
direct: movl    %ebx, %edi
        call    run
#else
direct: pushl   %ebx
        calll   run
#endif
leave:  out     %al, $ENVIRONMENT_PORT
        jmp     leave

        .balign 8
gdt32:  .quad   0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt64:  .quad   0, 0x00af9a000000ffff, 0x00cf92000000ffff
descriptor32:
        .word   23
        .long   gdt32
descriptor64:
        .word   23
        .long   gdt64
        .section .note.GNU-stack, "", @progbits
