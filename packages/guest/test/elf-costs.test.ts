/** Reading an image takes at most linear time and memory, whatever its tables contain. */
import { ColonyError } from '@colony/core';
import { expect, it } from 'vitest';
import { image, type Parts } from '../fuzz/lib/elf.js';
import { readImage } from '../src/image/elf.js';

function leastTime(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return least;
}

/** Reads the image, or refuses it. */
function attempt(bytes: Uint8Array): void {
  try {
    readImage(bytes);
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
  }
}

/** Microseconds for each byte of an ordinary image. */
const plain = image({ symbols: 20_000 });
const ordinary = leastTime(() => readImage(plain)) / plain.length;

it.each<[string, Parts]>([
  ['symbols that share one long name', { symbols: 10_000, symbolName: 'x'.repeat(300_000) }],
  ['many headers of the same notes', { noteHeaders: 4000, emptyNotes: 20_000 }],
  [
    'exports that share one long name',
    { exports: ['x'.repeat(300_000), ...new Array(5000).fill('')], sharedExports: true },
  ],
])('%s', (_name, parts) => {
  const bytes = image(parts);
  expect(leastTime(() => attempt(bytes))).toBeLessThan(10 * ordinary * bytes.length);
});

it('names of an ordinary image are read, with any number of shared ends', () => {
  const info = readImage(image({ symbols: 3, symbolName: 'shared' }));
  expect(info.symbols.map(({ name }) => name)).toEqual(['shared', 'shared', 'shared']);
});
