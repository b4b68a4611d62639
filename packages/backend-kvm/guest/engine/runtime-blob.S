// The guest's JavaScript runtime, as core bundled it. COLONY_RUNTIME_JS is its path.
        .section .rodata
        .globl colony_runtime_js, colony_runtime_js_end
colony_runtime_js:
        .incbin COLONY_RUNTIME_JS
colony_runtime_js_end:
        .byte   0

        .section .note.GNU-stack, "", @progbits
