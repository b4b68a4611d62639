// A guest that boots as Wasp's does: real mode, protected mode, paging with an identity map of 1 GiB, long mode. Copied
// to guest physical 0x8000 (BOOT_TEXT). After each step it reads the time-stamp counter and stores its lower half.
#include "boot.h"

        .macro  MARK number
        rdtsc
        movl    %eax, BOOT_STAMPS + 4 * \number
        .endm
        .macro  AT name, label                // address of a label in the guest
        .set    \name, \label - boot_text + BOOT_TEXT
        .endm

        .section .rodata
        .globl  boot_text, boot_text_end
        .code16
boot_text:
        MARK    0
        MARK    1
        lgdtl   descriptor32_at
        MARK    2
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        MARK    3
        ljmpl   $0x08, $protected_at
        .code32
protected:
        MARK    4
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        MARK    5
        movl    $(BOOT_TABLES + 0x1003), BOOT_TABLES
        movl    $(BOOT_TABLES + 0x2003), BOOT_TABLES + 0x1000
        movl    $(BOOT_TABLES + 0x2000), %edi
        movl    $0x83, %eax
        movl    $512, %ecx
1:      movl    %eax, (%edi)
        movl    $0, 4(%edi)
        addl    $0x200000, %eax
        addl    $8, %edi
        decl    %ecx
        jnz     1b
        MARK    6
        movl    $BOOT_TABLES, %eax
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
        MARK    7
        lgdtl   descriptor64_at
        MARK    8
        ljmpl   $0x08, $long_at
        .code64
long:
        rdtsc
        movl    %eax, BOOT_STAMPS + 4 * 9
        hlt

        .balign 8
gdt32:  .quad   0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt64:  .quad   0, 0x00af9a000000ffff, 0x00cf92000000ffff
descriptor32:
        .word   23
        .long   gdt32_at
descriptor64:
        .word   23
        .long   gdt64_at
        AT      protected_at, protected
        AT      long_at, long
        AT      gdt32_at, gdt32
        AT      gdt64_at, gdt64
        AT      descriptor32_at, descriptor32
        AT      descriptor64_at, descriptor64
boot_text_end:
        .section .note.GNU-stack, "", @progbits
