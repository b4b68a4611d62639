/**
 * The lists of flags and of assembly that a C program may have. A test on all backends, in matrix, checks that nothing
 * else passes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@colony/core/options';
import { compilerFlags } from '@colony/guest';
import { afterAll, describe, expect, it } from 'vitest';
import { checkAssembly } from '../dist/c/assembly.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-hostile-c-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (flags: readonly string[]) =>
  readOptions<{ flags: readonly string[] }>('options', { flags }, { flags: compilerFlags }).flags;

describe('compiler flags', () => {
  it.each(
    `-O2 -O -Os -O0 -Ofast -g -g3 -ggdb -gdwarf-4 -w -Wall -Wextra -Wno-unused-parameter -Werror=format -Wframe-larger-than=100
     -std=c11 -std=gnu2x -pedantic -DX -DX=1 -D_X -UX -march=native -march=x86-64-v3 -mtune=generic -mavx2 -mno-sse4.2 -msse4.2
     -mavx512f -msimd128 -mbulk-memory -mno-red-zone -fno-strict-aliasing -fwrapv -ffast-math -fno-builtin -fno-builtin-malloc
     -funroll-loops -falign-functions=64 -falign-loops=64 -fvisibility=hidden -fno-inline -ffp-contract=off -fno-math-errno
     -fno-tree-vectorize -ffunction-sections -fsanitize=undefined -fsanitize-undefined-trap-on-error -fno-lto -fcommon
     -ffreestanding -fsigned-char -fno-omit-frame-pointer -fno-stack-protector -fmax-errors=5 -pipe`.split(/\s+/),
  )('takes %s', (flag) => expect(read([flag])).toEqual([flag]));

  it('joins a flag and its value, so that no value is taken for a flag', () => {
    expect(read(['-I', 'include', '-D', 'A=1', '-isystem', '/opt/x/include'])).toEqual([
      '-Iinclude',
      '-DA=1',
      '-isystem/opt/x/include',
    ]);
    expect(read(['-I', '@file', '-I', '-x'])).toEqual(['-I@file', '-I./-x']);
    expect(read(['-Isub/../include', '-I=x'])).toEqual(['-Iinclude', '-I./=x']);
  });

  it.each([
    [['-I']],
    [['-D', '1']],
    [['-D']],
    [['-DA\nB']],
    [['-I/']],
    [['-I', '/proc/self']],
    [['-I/dev']],
    [['-flto']],
    [['-fsanitize=address']],
    [['-Wl,-T,x']],
    [['-W,x']],
    [['-march=a/b']],
    [['-fno-plugin=x']],
    [['-']],
    [['--']],
  ])('refuses %j, and lists the allowed flags', (flags) => {
    const error = expect.objectContaining({
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining('allowed are -D'),
      details: { path: expect.stringMatching(/^options\.flags\[\d\]$/) },
    });
    expect(() => read(flags)).toThrow(error);
  });
});

describe('assembly', () => {
  const check = (text: string) => {
    const path = join(folder, 'program.s');
    writeFileSync(path, text);
    return checkAssembly(path, 'program.c');
  };

  it.each([
    '\t.file\t"program.c"\n\t.text\n\t.globl\tf\n\t.type\tf, @function\nf:\n\tret\n',
    '\t.section\t.rodata.str1.1,"aMS",@progbits,1\n.LC0:\n\t.string\t"say \\".incbin\\" /* */ \\\\"\n',
    '\t.section\t.note.GNU-stack,"",@progbits\n\t.ident\t"GCC: (Debian 12.2.0) 12.2.0"\n',
    '\t.file 1 "program.c"\n\t.file 0 "/x" "program.c" md5 0x1234\n',
    '#APP\n# 3 "program.c" 1\n\tvmovdqu (%rdi), %ymm0\n# 0 "" 2\n#NO_APP\n',
    '\t.pushsection .colony.hypercalls,"MS",@progbits,1\n\t.asciz "env.now"\n\t.popsection\n7760:.pushsection .x,"",@progbits\n',
    '\trep movsb\n\t.reloc 0, R_X86_64_NONE\nmy.report:\n',
  ])('takes %j', async (text) => {
    await check(text);
  });

  it.each([
    '\t.incbin "/etc/hostname"',
    '\t.IncBin "/etc/hostname"',
    'x: .incbin "/etc/hostname"',
    'nop; .include "/etc/hostname"',
    '\t.string "a"; .incbin "/etc/hostname"',
    '\t.string "a" .incbin "b"',
    '\t".inc""bin" "/etc/hostname"',
    '\t.section .x;.incbin "/etc/hostname"',
    '\t.macro m',
    '\t.irp x,',
    '\t.irpc x, abc',
    '\t.rept 2',
    '\t.altmacro',
    '\t.mri 1',
    'nop /* comment',
    '\t.ascii "a\\"',
    '\t.byte \'"',
    '\t.linefile 1 "x"',
  ])('refuses %j', async (text) => {
    await expect(check(`\tnop\n${text}\n\tnop\n`)).rejects.toMatchObject({ code: 'ERR_COMPILE' });
  });
});
