/** The C programs of the proof, with the inputs of their tests. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContextOptions } from '@colony/core';
import { fixtures, guideFile } from './places.js';

/** A call, a batch of rows, or a call of the named function. */
export type CInput =
  | { readonly args: readonly unknown[] }
  | { readonly rows: readonly unknown[][] }
  | { readonly other: string };

export interface CCase {
  /** Its C files: text, or marked files of examples/. */
  readonly files: readonly string[];
  readonly inputs: Readonly<Record<string, readonly CInput[]>>;
  readonly host?: ContextOptions['hypercalls'];
  /** For recursions: arguments whose depth follows from `n`. */
  readonly deepest?: Readonly<Record<string, (n: number) => readonly unknown[]>>;
}

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));

/**
 * An example's file with the `virtine` keyword before its functions, without the list of exports that the keyword
 * replaces.
 */
function marked(folder: string, example: string, functions: readonly string[]): string {
  let text = readFileSync(join(examples, example), 'utf8').replace(/^COLONY_EXPORT.*$/gm, '');
  for (const start of functions) {
    if (!text.includes(`\n${start}`)) throw new Error(`${example} has no ${start}`);
    text = text.replace(`\n${start}`, `\nvirtine ${start}`);
  }
  return write(folder, example.split('/').at(-1)!, text);
}

function write(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 31);
const call = (...args: unknown[]): CInput => ({ args });
const rows = (...lists: unknown[][]): CInput => ({ rows: lists });
/** More results than the runtime has initial room for. */
const many = (...row: unknown[]): CInput => ({ rows: Array(400).fill(row) });

/** Values that no virtine of numbers, text or bytes accepts; a different part of the runtime refuses each. */
const STRANGE: readonly unknown[] = [{}, new Map([[1, 2]]), 1n, 'x', [], null, true, 0.5, 1e300, -1, 2 ** 40];
/** A strange value in each position, the others correct; too few arguments; and a missing function. */
const wrong = (...right: readonly unknown[]): CInput[] => [
  call(),
  { other: 'missing' },
  ...right.flatMap((_, i) => STRANGE.map((value) => call(...right.with(i, value)))),
];

const ofBytes: readonly CInput[] = [
  ...[0, 60, 80_000].map((length) => call(bytes(length))),
  ...wrong(bytes(1)),
  rows([bytes(3)], ['no'], [bytes(5000)]),
  many(bytes(1)),
];

/** `folder`: folder of generated files. */
export const cases = (folder: string): Readonly<Record<string, CCase>> => ({
  'the guide, fib': {
    files: [write(folder, 'fib.c', guideFile('c-virtines.md', 'fib.virtine.c'))],
    inputs: { fib: [call(1), call(15), call(-3), ...wrong(1), rows([3], ['x'], [4]), many(3)] },
    deepest: { fib: (n) => [n] },
  },
  'examples/c-checksum': {
    files: [marked(folder, 'c-checksum/checksum.c', ['colony_bytes sha256', 'uint32_t crc32'])],
    inputs: { sha256: ofBytes, crc32: ofBytes },
  },
  'examples/c-unsafe-decoder': {
    files: [marked(folder, 'c-unsafe-decoder/decoder.c', ['colony_bytes decode'])],
    inputs: {
      decode: [
        call(Uint8Array.of(4, 2, 3, 35, 5, 46)),
        call(Uint8Array.of(64, 64, ...Array(16).fill([255, 7]).flat())),
        // Its bug: it writes beyond its own data.
        call(Uint8Array.of(64, 64, ...Array(32).fill([255, 7]).flat())),
        call(bytes(0)),
        ...wrong(bytes(2)),
        many(Uint8Array.of(2, 2, 4, 1)),
      ],
    },
  },
  'examples/c-expression': expression(folder),
  'fixtures/shop': shop,
  'fixtures/walk': walk,
});

const TERMS = [
  ...['1 + 2 * 3', '2 ^ 3 ^ 2', 'sqrt(answer * 2 - 3)', '(1 + 2', '1 +', 'secret', '1e400', 'long', 'é', ' 5 / 4 - -2'],
  ...['2 ^ 0.5', '0 ^ -1', '(-8) ^ (1/3)', '10 ^ 400', '10 ^ 1000', '10 ^ -1000', '0x1.8p3', 'inf', '1e-320', '1 $'],
  ...[
    '(-2) ^ 3',
    '(-1) ^ 1e300',
    'sqrt(-1)',
    `${'7'.repeat(800)}e-790`,
    '1e5000',
    '1.7e308 * 10',
    '2 ^ -1074',
    '1 / 3',
  ],
  ...[
    '(-10) ^ 1001',
    `1${' '.repeat(600_000)}`,
    `${'a'.repeat(40)}`,
    '123456789012',
    '0 * -1',
    '0x',
    '1e',
    '0x1p',
    '-0x1p-1080',
  ],
];

function expression(folder: string): CCase {
  return {
    files: [marked(folder, 'c-expression/expression.c', ['double evaluate'])],
    host: {
      constant: (name: string) => {
        if (name === 'long') return 'x'.repeat(5000);
        if (name !== 'answer') throw new ReferenceError(`there is no constant ${name}`);
        return 42;
      },
    },
    inputs: { evaluate: [...TERMS.map((text) => call(text)), ...wrong('1'), rows(['1'], [1], ['2']), many('1')] },
    deepest: { evaluate: (n) => [`${'('.repeat(n)}1${')'.repeat(n)}`] },
  };
}

const shop: CCase = {
  files: [join(fixtures, 'shop.c'), join(fixtures, 'ledger.c')],
  host: {
    lookup: (name: string) => {
      if (name === 'seed') throw new RangeError('sold out');
      return { spade: 60, pot: 2.5, bench: 'much' }[name];
    },
    log: (_name: string, total: number) => {
      if (total > 1000) throw new RangeError('nobody pays that');
    },
  },
  inputs: {
    price: [
      ...[
        [0, 1],
        [0, 4],
        [1, 2],
        [2, 1],
        [3, 1],
        [0, 40],
        [4, 1],
      ].map((args) => call(...args)),
      ...wrong(0, 1),
      rows([0, 3], [9, 9], [0, 40], [1, 1]),
      many(1, 2),
    ],
    day: [
      call('dice', 70_000),
      call('today', 6),
      call('x'.repeat(3000), 6),
      call('a\0b', 1),
      ...wrong('a', 1),
      rows(['a', 1], [2, 3]),
      many('', 1),
    ],
  },
};

const steps = (...all: [kind: unknown, by: unknown][]) => all.map(([kind, by]) => ({ kind, by }));

const walk: CCase = {
  files: [join(fixtures, 'walk.c')],
  inputs: {
    walk: [
      call(steps([0, 5], [1, 2])),
      call(steps([0, 599], [2, 3])),
      call(steps([4, 1])),
      call(steps([0, undefined])),
      call(steps(...Array.from({ length: 12_000 }, (_, i): [number, number] => [i % 2, i]))),
      ...STRANGE.map((value) => call(steps([0, value]))),
      ...wrong([]),
      rows([[]], [steps([0, 1])], [7]),
      many(steps([0, 1])),
    ],
    ackermann: [call(1, 3), call(2, 3), ...wrong(1, 1), rows([1, 1], [2]), many(1, 1)],
  },
  deepest: { ackermann: (n) => [1, n] },
};
