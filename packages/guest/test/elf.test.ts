/** The reader for `colony inspect`: correct for good images, and only an error for bad ones. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildC } from '../dist/c/build.js';
import { isElf, readImage, symbolAt, withStackSize } from '../dist/image/elf.js';
import { cacheDir } from './lib/cache.js';

const file = fileURLToPath(new URL('../probes/basic.c', import.meta.url));
let image: Uint8Array;
beforeAll(async () => {
  image = (await buildC({ file, cacheDir })).image;
}, 300_000);

/** Returns a copy with a little-endian number written into it. */
function patched(offset: number, size: 2 | 4 | 8, value: number | bigint): Uint8Array {
  const copy = image.slice();
  const view = new DataView(copy.buffer);
  if (size === 2) view.setUint16(offset, Number(value), true);
  else if (size === 4) view.setUint32(offset, Number(value), true);
  else view.setBigUint64(offset, BigInt(value), true);
  return copy;
}

it('withStackSize changes the size of the stack and nothing else', () => {
  const { note, ...rest } = readImage(image);
  const changed = withStackSize(image, 0x3000);
  expect(readImage(changed)).toEqual({ ...rest, note: { ...note, stackSize: 0x3000 } });
  expect(readImage(image).note).toEqual(note);
  expect(() => withStackSize(image.subarray(0, 100), 0x3000)).toThrowError(ColonyError);
});

describe('readImage', () => {
  it('reports the content of an image', () => {
    const info = readImage(image);
    expect(info.segments.map(({ access }) => access)).toEqual(['r-x', 'r--', 'rw-']);
    expect(info.note).toMatchObject({ abi: 1, stackSize: 256 * 1024, heapBase: 0, heapInitial: 256 * 1024 });
    expect(info.hypercalls).toEqual(['add', 'colony:console', 'kinds', 'refused']);
    expect(info.exports).toContainEqual(
      expect.objectContaining({ name: 'add', result: 'int32_t', parameters: ['int32_t', 'int32_t'] }),
    );
    expect(info.exports).toContainEqual(expect.objectContaining({ name: 'nop', result: 'void', parameters: [] }));
    expect(info.fileSize).toBe(image.length);
    expect(info.pages).toBe(info.segments.reduce((sum, { pages }) => sum + pages, 0));
  });

  it('finds the function that an address is in', () => {
    const { symbols, exports } = readImage(image);
    const fib = exports.find(({ name }) => name === 'fib')!;
    expect(symbolAt(symbols, fib.address)).toBe('fib');
    expect(symbolAt(symbols, fib.address + 3)).toBe('fib+0x3');
    expect(symbolAt(symbols, 0x10)).toBeUndefined();
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(0), /ELF/],
    ['text', () => new TextEncoder().encode('#!/bin/sh'), /ELF/],
    ['a cut header', () => image.slice(0, 50), /cut short/],
    ['a program of the host', () => readFileSync(process.execPath).subarray(0, 1 << 20), /not a virtine image/],
    ['a shared object', () => patched(16, 2, 3), /ET_EXEC/],
    ['another machine', () => patched(18, 2, 183), /x86-64/],
    ['an entry outside', () => patched(24, 8, 0x10), /entry address 0x10/],
    ['an entry beyond numbers', () => patched(24, 8, 0xffff_ffff_ffff_ffffn), /is not an address or a size/],
    ['headers outside', () => patched(32, 8, 1 << 30), /outside the file/],
    ['no headers', () => patched(56, 2, 0), /0 program headers/],
    ['many headers', () => patched(56, 2, 65535), /65535 program headers/],
    ['writable text', () => patched(64 + 4, 4, 7), /both writable and executable/],
    ['a segment off its page', () => patched(64 + 16, 8, 0x400010), /does not start on a page/],
    ['a segment below', () => patched(64 + 16, 8, 0x1000), /is below/],
    ['overlapping segments', () => patched(64 + 40, 8, 0x100000), /on a page of the segment before/],
    ['a huge segment', () => patched(64 + 40, 8, 1n << 50n), /reaches beyond/],
    ['more in the file than in memory', () => patched(64 + 32, 8, 1n << 40n), /impossible sizes/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readImage(bytes())).toThrowError(
      expect.objectContaining({ code: 'ERR_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('answers mutated images with a result or a ColonyError, within the time limit', () => {
    const change = fc.tuple(
      fc.nat({ max: 4096 }),
      fc.constantFrom('head' as const, 'tail' as const),
      fc.nat({ max: 255 }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), fc.option(fc.nat()), (changes, cut) => {
        let bytes = image.slice();
        for (const [at, where, value] of changes) bytes[where === 'head' ? at % 512 : bytes.length - 1 - at] = value;
        if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length);
        try {
          readImage(bytes);
        } catch (error) {
          if (!ColonyError.is(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('recognizes an ELF file by its first bytes', () => {
    expect(isElf(image)).toBe(true);
    expect(isElf(new Uint8Array(3))).toBe(false);
  });
});
