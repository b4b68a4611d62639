import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { guestFolder } from '../dist/package.js';
import { compile, execute, findCompiler } from '../dist/toolchain.js';

it("the Wasm runtime's memory functions work as those of the C library", async () => {
  const source = (path: string) => fileURLToPath(new URL(`../wasm/${path}`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'colony-string-'));
  try {
    const compiler = await findCompiler();
    const renamed = ['memcpy', 'memmove', 'memset', 'memcmp', 'memchr', 'strlen'].map(
      (name) => `-D${name}=colony_${name}`,
    );
    const flags = [
      '-O2',
      '-msse4.2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-ffreestanding',
      '-fno-tree-loop-distribute-patterns',
    ];
    await compile(
      compiler,
      [...flags, ...renamed, '-c', source('string.c'), '-o', join(folder, 'string.o')],
      'string.c',
      { reads: [guestFolder], writes: [folder] },
    );
    const program = join(folder, 'test');
    await compile(
      compiler,
      ['-O2', '-Wall', source('test/string_test.c'), join(folder, 'string.o'), '-o', program],
      'test',
      { reads: [guestFolder], writes: [folder] },
    );
    expect(await execute(program, [])).toEqual({ code: 0, stdout: '', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
