// The floor's guest, copied into its text page. rdi = first page to write, rcx = number of pages.
        .section .rodata
        .globl guest_text, guest_text_end
guest_text:
1:      test    %rcx, %rcx
        jz      2f
        movb    $1, (%rdi)
        add     $4096, %rdi
        dec     %rcx
        jmp     1b
2:      out     %al, $203
        jmp     1b
guest_text_end:
        .section .note.GNU-stack, "", @progbits
