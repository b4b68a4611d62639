// The checks of C and C++ find a planted fault, and every file is either compiled for them or left out with a reason.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { filesBelow } from '../lib/files.mjs';
import { CLANG_TOOLS, clangTool } from '../lib/tools.mjs';
import { flagsOf } from '../native-lint/compiled.mjs';
import { tidy } from '../native-lint/tidy.mjs';

const folder = mkdtempSync(join(tmpdir(), 'colony-native-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('every C and C++ file has flags or a reason', () => {
  for (const file of filesBelow().filter((path) => /\.(?:c|cc)$/.test(path))) expect(flagsOf(file), file).toBeTruthy();
  expect(() => flagsOf('packages/new/native/new.c')).toThrow('packages/new/native/new.c has no row');
});

it('a folder inside another has its own flags', () => {
  expect(flagsOf('packages/guest/runtime/wasm32/mem.c')).toContain('--target=wasm32');
  expect(flagsOf('packages/guest/runtime/heap.c')).not.toContain('--target=wasm32');
  expect(flagsOf('packages/guest/probes/cpu.c')).toBeTypeOf('string');
});

it.for([
  ['a null pointer that is read', 'int f(void) { int *p = 0; return *p; }', 'clang-analyzer-core.NullDereference'],
  ['an if without a body', 'int f(int a) { if (a == 1); { return 2; } return a; }', 'bugprone-suspicious-semicolon'],
])('clang-tidy reports %s', async ([, source = '', check], context) => {
  const command = clangTool('clang-tidy') ?? context.skip(`clang-tidy ${CLANG_TOOLS} is missing`);
  const file = join(folder, 'planted.c');
  writeFileSync(file, source);
  expect(await tidy(command, { file, flags: ['-std=gnu17'] })).toContain(check);
  writeFileSync(file, 'int f(void) { return 0; }\n');
  expect(await tidy(command, { file, flags: ['-std=gnu17'] })).toBeUndefined();
});
