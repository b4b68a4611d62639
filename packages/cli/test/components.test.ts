import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco';
import { beforeAll, expect, it } from 'vitest';
import { colony, folderWith } from './lib.js';

let component: Uint8Array;
let module: Uint8Array;

beforeAll(async () => {
  module = await parse(
    '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
  );
  const witSource = 'package t:t; world w { export add: func(a: u32, b: u32) -> u32; }';
  component = await componentNew(await componentEmbed({ binary: module, witSource }), []);
});

it('types of a component and of a module go to standard output or to a file', async () => {
  const cwd = folderWith({ 'add.wasm': component, 'core.wasm': module });
  const { status, stdout } = await colony(['types', 'add.wasm'], { cwd });
  expect(status).toBe(0);
  expect(stdout).toContain('  add: (a: number, b: number) => number;');
  expect(await colony(['types', 'core.wasm', '-o', 'core.d.ts'], { cwd })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(readFileSync(join(cwd, 'core.d.ts'), 'utf8')).toContain('"add": (a0: number, a1: number) => number;');
});

it('a component is built into a folder, and run', async () => {
  const cwd = folderWith({ 'add.wasm': component });
  const { status, stdout } = await colony(['build', 'add.wasm', '-o', 'prebuilt'], { cwd });
  expect(status).toBe(0);
  expect(readdirSync(stdout.trim().startsWith('/') ? stdout.trim() : join(cwd, stdout.trim()))).toContain('glue.js');
  const run = await colony(['run', 'add.wasm', '--backend', 'wasm', '--call', 'add', '--args', '[2, 3]'], { cwd });
  expect(run).toMatchObject({ status: 0, stdout: '5\n' });
  rmSync(join(cwd, 'prebuilt'), { recursive: true });
});

it('an invalid component is refused with its own status', async () => {
  const cwd = folderWith({ 'text.wasm': 'hello, world', 'cut.wasm': component.subarray(0, 40), 'core.wasm': module });
  for (const args of [
    ['types', 'text.wasm'],
    ['types', 'cut.wasm'],
    ['types', 'missing.wasm'],
    ['build', 'core.wasm', '-o', 'x'],
    ['build', 'cut.wasm', '-o', 'x'],
    ['build', 'core.wasm'],
  ]) {
    const outcome = await colony(args, { cwd });
    expect(outcome, args.join(' ')).toMatchObject({ status: 2, stdout: '' });
    expect(outcome.stderr).not.toContain('ERR_INTERNAL');
  }
});
