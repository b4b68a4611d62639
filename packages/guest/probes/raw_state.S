// A hostile image without any runtime. Its `resume` is not the stub that clears the processor's state, but code that
// stores all of that state. The answer then has everything that the host, or an earlier guest in the same shell, left.
//
//   gcc -nostdlib -static -no-pie -I include -T boot/virtine/link.ld -Wl,--build-id=none raw_state.S -o raw_state.elf
//
// Answers every request with `[0, bytes]`: 160 bytes of registers, 32 unused ones, then the XSAVE area (11008 bytes):
//   rax rbx rcx rdx rsi rdi rbp rsp r8 .. r15, rflags, FS base, GS base, ds | es << 16 | fs << 32 | gs << 48
// A host may also refuse an image whose resume address is not the stub: then it cannot run.
#include "colony/abi.h"

        .text
        .globl _start
_start:
        leaq    request(%rip), %rdx
        movl    $4096, %ecx
        xorl    %edi, %edi
        xorl    %esi, %esi
        movl    $COLONY_OP_NEXT, %eax
        out     %al, $COLONY_PORT

        .globl colony_resume
colony_resume:
        movq    %rax, state+0(%rip)
        movq    %rbx, state+8(%rip)
        movq    %rcx, state+16(%rip)
        movq    %rdx, state+24(%rip)
        movq    %rsi, state+32(%rip)
        movq    %rdi, state+40(%rip)
        movq    %rbp, state+48(%rip)
        movq    %rsp, state+56(%rip)
        movq    %r8, state+64(%rip)
        movq    %r9, state+72(%rip)
        movq    %r10, state+80(%rip)
        movq    %r11, state+88(%rip)
        movq    %r12, state+96(%rip)
        movq    %r13, state+104(%rip)
        movq    %r14, state+112(%rip)
        movq    %r15, state+120(%rip)
        pushf
        popq    state+128(%rip)
        rdfsbase %rax
        movq    %rax, state+136(%rip)
        rdgsbase %rax
        movq    %rax, state+144(%rip)
        movw    %ds, state+152(%rip)
        movw    %es, state+154(%rip)
        movw    %fs, state+156(%rip)
        movw    %gs, state+158(%rip)
        movl    $-1, %eax
        movl    $-1, %edx
        xsave64 vectors(%rip)           // all components that XCR0 enables

        // Leaves a secret for the next guest in this shell.
        movabsq $0xa7a7a7a7a7a7a7a7, %rbx
        movq    %rbx, %rbp
        movq    %rbx, %r12
        movq    %rbx, %r13
        movq    %rbx, %r14
        movq    %rbx, %r15
        movq    %rbx, %r8
        movq    %rbx, %xmm0
        punpcklqdq %xmm0, %xmm0
        movdqa  %xmm0, %xmm5
        movdqa  %xmm0, %xmm15
        fldpi

        leaq    answer(%rip), %rdi
        movl    $(answer_end - answer), %esi
        leaq    request(%rip), %rdx
        movl    $4096, %ecx
        movl    $COLONY_OP_NEXT, %eax
        out     %al, $COLONY_PORT
        ud2

        .data
        .balign 4096
        .space  64 - 5
answer: .byte   0x82, 0x00              // [0, bytes]
        .byte   0x59                    // 16-bit length, big endian
        .byte   (answer_end - state) >> 8, (answer_end - state) & 0xff
state:  .space  160
        .balign 64
vectors:
        .space  11008                   // x87, SSE, AVX, AVX-512, PKRU, AMX
answer_end:
        .bss
        .balign 4096
        .globl request
request:
        .space  4096

        .section .note.colony, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   COLONY_NOTE_TYPE
1:      .asciz  COLONY_NOTE_NAME
2:      .balign 4
3:      .long   COLONY_ABI_VERSION
        .long   0
        .quad   0x10000
        .quad   0
        .quad   0
        .quad   colony_resume
4:
        .section .note.GNU-stack, "", @progbits
