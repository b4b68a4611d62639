/** Builds any Wasm module into an image: numbers in and out, imports as hypercalls, traps with their codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  TRAP_CONVERSION,
  TRAP_DIVIDE,
  TRAP_INDIRECT_CALL,
  TRAP_OVERFLOW,
  TRAP_UNREACHABLE,
} from '../dist/abi.generated.js';
import { Harness } from '../dist/harness.js';
import { execute } from '../dist/toolchain.js';
import { buildWasmImage } from '../dist/wasm/image.js';
import { cacheDir } from './lib/cache.js';

async function assemble(text: string): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'colony-wat-'));
  try {
    writeFileSync(join(folder, 'm.wat'), text);
    const wat2wasm = createRequire(import.meta.url).resolve('wabt/bin/wat2wasm');
    const run = await execute(process.execPath, [wat2wasm, join(folder, 'm.wat'), '-o', join(folder, 'm.wasm')]);
    expect(run.stderr).toBe('');
    return readFileSync(join(folder, 'm.wasm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const image = async (text: string) => buildWasmImage({ module: await assemble(text), cacheDir });

describe('wasm image', () => {
  let guest: Harness;

  beforeAll(async () => {
    const text = readFileSync(new URL('./numbers.wat', import.meta.url), 'utf8');
    guest = await Harness.start(await image(text), { cacheDir });
    await guest.load('', '');
    await guest.snapshot();
  }, 300_000);
  afterAll(() => guest.close());

  it.each<[string, unknown[], unknown]>([
    ['add', [2, -3], -1],
    ['hypot', [3, 4], 5],
    ['half', [3], 1.5],
    ['floor', [-1.5], -2],
    ['apply', [1, 5, 3], 2],
    ['load', [65532], 0],
    ['memory.grow', [1], 1],
    ['memory.grow', [100], -1],
    ['large', [], 2n ** 62n],
  ])('%s(%j) is %s', async (name, args, expected) => {
    expect(await guest.value(name, ...args)).toBe(expected);
  });

  it.each([
    ['div', [7, 0], TRAP_DIVIDE],
    ['div', [-2147483648, -1], TRAP_OVERFLOW],
    ['truncate', [Number.NaN], TRAP_CONVERSION],
    ['apply', [3, 1, 1], TRAP_INDIRECT_CALL],
    ['apply', [99, 1, 1], TRAP_INDIRECT_CALL],
    ['boom', [], TRAP_UNREACHABLE],
  ])('%s(%j) traps with code %i', async (name, args, trap) => {
    expect(await guest.call(name, ...args)).toMatchObject({ trap });
  });

  it.each([
    ['load', [65536]],
    ['load', [-4]],
    ['recurse', [1]],
  ])('%s(%j) faults', async (name, args) => {
    expect(await guest.call(name, ...args)).toMatchObject({ fault: expect.stringContaining('signal 11') });
    expect(await guest.value('add', 1, 1)).toBe(2);
  });

  it('starts from its snapshot', async () => {
    expect([await guest.value('count'), await guest.value('count')]).toEqual([1, 1]);
    expect(await guest.callKeep('count')).toMatchObject({ outcome: [0, 2] });
  });

  it('makes its imports hypercalls', async () => {
    const seen: unknown[] = [];
    guest.host = (name, args) => seen.push([name, ...args]) + 98;
    expect(await guest.value('ask', -5)).toBe(99);
    expect(seen).toEqual([['env.ask', -5]]);
  });

  it('refuses features that a virtine cannot have', async () => {
    await expect(image('(module (import "env" "memory" (memory 1)))')).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    const two = '(module (func (export "f") (result i32 i32) i32.const 1 i32.const 2))';
    await expect(image(two)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await expect(buildWasmImage({ module: Buffer.from('no'), cacheDir })).rejects.toMatchObject({
      code: 'ERR_COMPILE',
    });
  });

  it('has a remedy if there is no compiler', async () => {
    const before = process.env.CC;
    process.env.CC = 'no-such-gcc';
    try {
      await expect(image('(module)')).rejects.toMatchObject({
        code: 'ERR_COMPILE',
        message: expect.stringContaining('install gcc'),
      });
    } finally {
      if (before === undefined) delete process.env.CC;
      else process.env.CC = before;
    }
  });
});
