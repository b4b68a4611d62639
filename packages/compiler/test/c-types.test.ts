/** C virtines on every backend: arguments come back as C declares them. */
import { fileURLToPath } from 'node:url';
import { type CompiledC, compileC } from '@colony/compiler/c';
import { type Context, createContext } from '@colony/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noKvm } from '../../../scripts/lib/on-kvm.mjs';
import { LIMITS } from './patient.js';

const root = fileURLToPath(new URL('c-programs', import.meta.url));
const cacheDir = fileURLToPath(new URL('../.cache', import.meta.url));

let compiled: CompiledC;
beforeAll(async () => {
  compiled = await compileC({ files: ['types.c'], root, cacheDir });
}, 600_000);

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const point = fc.record({ x: fc.double({ noNaN: true }), y: fc.double({ noNaN: true }) });
const shape = fc.record({
  corners: fc.tuple(point, point, point),
  weights: fc.tuple(fc.tuple(int(32), int(32)), fc.tuple(int(32), int(32))),
  color: fc.constantFrom(0, 5, 6),
  tag: fc.record({ level: fc.integer({ min: 0, max: 254 }), on: fc.boolean() }),
});

const backends = (['kvm', 'wasm', 'process'] as const).filter((name) => name !== 'kvm' || noKvm === undefined);
if (noKvm !== undefined) it('C virtines on kvm', (context) => context.skip(noKvm));

const DATE = {
  day: 30,
  month: 12,
  offset: -32,
  leap: true,
  color: 5,
  half: -2,
  stamp: 2n ** 60n - 1n,
  sign: -1,
  nanos: -(2 ** 29),
};
const GRID = {
  ...{ left: 1, top: 2, depth: 3, cells: [] },
  ...{ corners: [{ x: 10 }, { x: 20 }], low: { at: [1, 2] }, high: { at: [3, 4, 5] } },
};
const text = fc.string({ unit: 'grapheme', maxLength: 9 }).filter((characters) => !characters.includes('\0'));
const byte = fc.integer({ min: 0, max: 255 });
const as = fc.oneof(
  fc.constant({ nothing: {} }),
  fc.record({ circle: fc.record({ center: point, label: text }) }),
  fc.record({ side: fc.double({ noNaN: true, min: 0 }) }),
  fc.record({ path: fc.record({ points: fc.array(point, { maxLength: 5 }) }) }),
  fc.record({ levels: fc.tuple(byte, byte, byte, byte).map((bytes) => Uint8Array.from(bytes)) }),
  fc.record({ crossed: fc.integer({ min: 0, max: 31 }) }),
);
const KINDS = { nothing: 2, circle: 3, side: 4, path: 5, levels: 6, crossed: 'x'.charCodeAt(0) };
const figure = fc.record({ as, id: int(32) });
const rows = fc.constant([Int32Array.of(1, -2), Int32Array.of(3, 4)]);
const value = fc
  .tuple(
    fc.oneof(fc.record({ whole: int(32) }), fc.record({ real: fc.integer({ min: -9, max: 9 }) })),
    fc.oneof(fc.record({ text }), fc.record({ figure }), fc.record({ row: rows })),
  )
  .map(([number, rest]) => ({ number, ...rest }));
/** Returns the value with the part at the end of the path replaced. */
function spoil(value: unknown, [step, ...rest]: readonly number[], leaf: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || step === undefined) return leaf;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  if (keys.length === 0) return leaf;
  const key = keys[step % keys.length] as keyof typeof copy;
  return Object.assign(copy, { [key]: spoil(copy[key], rest, leaf) });
}
const leaf = fc.constantFrom(
  0,
  -1,
  3,
  2 ** 53,
  1.5,
  -0,
  NaN,
  2n ** 70n,
  -1n,
  '',
  'a\0',
  true,
  null,
  undefined,
  [],
  {},
  new Uint8Array(3),
);
const spoiled = fc
  .tuple(fc.oneof(figure, value, fc.constant(DATE), fc.constant(GRID)), fc.array(fc.nat(), { maxLength: 6 }), leaf)
  .map(([value, path, end]) => spoil(value, path, end));

describe.each(backends)('C virtines on %s', (backend) => {
  const contexts = new Map<string, Promise<Context>>();
  afterAll(async () => {
    for (const context of contexts.values()) await (await context).dispose();
  });
  const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
    const { programs, policies } = compiled.program;
    const made =
      contexts.get(name) ??
      createContext({ backend, program: programs[name]!, policy: { ...policies[name]!, limits: LIMITS } });
    contexts.set(name, made);
    return (await made).call(name, ...args);
  };
  const runs = { numRuns: 25 };

  it('passes numbers, booleans, strings and enums', async () => {
    expect(await call('add64', -5n, 3)).toBe(-2);
    expect(await call('add64', 2n ** 62n, 1)).toBe(2n ** 62n + 1n);
    expect(await call('scale', 2, 0.5)).toBe(1);
    expect(await call('invert', true)).toBe(false);
    expect(await call('next_color', 5)).toBe(6);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        if (!text.includes('\0')) expect(await call('echo', text)).toBe(text);
      }),
      runs,
    );
  }, 300_000);

  it('passes buffers in, from typed arrays and from arrays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(int(32), { maxLength: 50 }), async (values) => {
        const total = values.reduce((sum, value) => sum + value, 0);
        expect(await call('sum', Int32Array.from(values))).toBe(total);
        expect(await call('sum', values)).toBe(total);
      }),
      runs,
    );
    // Larger than any of the runtime's own buffers.
    expect(await call('sum', new Int32Array(50_000).fill(2))).toBe(100_000);
  }, 300_000);

  it('returns buffers, as far as they were used', async () => {
    expect(await call('iota', 3)).toEqual({ to: Uint16Array.of(0, 1, 2) });
    expect(await call('iota', 0)).toEqual({ to: new Uint16Array() });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const kept = bytes.filter((byte) => byte !== 0);
        expect(await call('pack', bytes, bytes.length)).toEqual({ result: 0, to: Uint8Array.from(kept) });
        const big = BigInt64Array.from(bytes, BigInt);
        const even = big.filter((value) => value % 2n === 0n);
        expect(await call('evens', big)).toEqual({ result: even.length, to: even });
      }),
      runs,
    );
  }, 300_000);

  it('changes buffers in place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ noNaN: true }), { maxLength: 40 }), async (values) => {
        expect(await call('negate', values)).toEqual({ values: Float64Array.from(values, (value) => -value) });
      }),
      runs,
    );
  }, 300_000);

  it('changes bytes in place, and accepts other values for them', async () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(4_095, 16_384, 65_536, 300_000));
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 255 }), async (size, seed) => {
        const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7 + seed);
        const inverted = bytes.map((byte) => ~byte);
        expect(await call('invert_bytes', bytes)).toEqual({ bytes: inverted });
        if (size < 5_000) expect(await call('invert_bytes', [...bytes])).toEqual({ bytes: inverted });
        // First the same array twice, then two different arrays.
        const mixed = bytes.map((byte, i) => byte + bytes[size - 1 - i]!);
        const result = { result: 2n ** 64n - 1n, bytes_that_are_changed: mixed };
        expect(await call('mix', bytes, bytes)).toEqual(result);
        expect(await call('mix', bytes, bytes.slice())).toEqual(result);
      }),
      runs,
    );
  }, 300_000);

  it('sends several outputs, and continues after a call that threw', async () => {
    const low = Int8Array.from({ length: 20 }, (_, i) => 2 * i - 20);
    const high = Uint8Array.from({ length: 20 }, (_, i) => 10 * i);
    const halved = { result: -1, low: low.map((number) => number / 2), high: high.map((number) => number / 2) };
    expect(await call('halves', low, high)).toEqual(halved);
    await expect(call('halves', low.slice(0, 13), high.slice(0, 13))).rejects.toThrow('unlucky');
    expect(await call('halves', low, high)).toEqual(halved);
    for (const n of [0, 1, 3, 60, 5_000, 40_000]) {
      const to = Float64Array.from({ length: n }, (_, i) => i + 0.5);
      expect(await call('ramp', n)).toEqual({ result: to[n - 1] ?? 0, last: { x: n, y: -1 }, to });
    }
  }, 300_000);

  it('gives each row of a batch its own bytes', async () => {
    const [bytes, other] = [Uint8Array.of(1, 2, 3), Uint8Array.of(9)];
    const row = [bytes];
    const context = await createContext({
      backend,
      program: compiled.program.programs['invert_bytes']!,
      policy: { limits: LIMITS },
    });
    const expected = [bytes, bytes, other, bytes].map((tile) => ({ bytes: tile.map((byte) => ~byte) }));
    expect(await context.callBatch('invert_bytes', [row, row, [other], [bytes]])).toEqual(expected);
    await context.dispose();
  }, 300_000);

  it('passes structs with arrays and structs in them', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async (value) => {
        expect(await call('mirror', value)).toEqual({
          corners: value.corners.map(({ x, y }) => ({ x: -x, y })),
          weights: value.weights.map((row) => Int32Array.from(row)),
          color: value.color,
          tag: { ...value.tag, level: value.tag.level + 1 },
        });
      }),
      runs,
    );
  }, 300_000);

  it('passes arrays of structs, and structs with buffers and strings', async () => {
    const moved = await call(
      'move',
      [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
      { x: 1, y: -1 },
    );
    expect(moved).toEqual({
      points: [
        { x: 2, y: 1 },
        { x: 4, y: 3 },
      ],
    });
    expect(
      await call('bounds', [
        { x: 1, y: 2 },
        { x: 0, y: 5 },
      ]),
    ).toEqual({ least: { x: 0, y: 2 } });
    const named = [
      { name: 'abc', data: new Uint8Array(4) },
      { name: '', data: [1, 2] },
    ];
    expect(await call('lengths', named)).toBe(9);
  }, 300_000);

  it('passes bit-fields', async () => {
    const date = { ...DATE, offset: 31 };
    expect(await call('next_day', date)).toEqual({ ...date, day: 31, offset: -31, leap: false });
    const least = { ...DATE, day: 0, month: 0, offset: 0, color: 0, half: 1, stamp: 0, sign: 0, nanos: 2 ** 29 - 1 };
    expect(await call('next_day', least)).toEqual({ ...least, day: 1, leap: false });
    expect(await call('packet_sum', { data: new Uint8Array(31).fill(3) })).toBe(93);
    expect(await call('wide_bits', { bits: 255 })).toBe(255);
    // If the target's field is narrower than the compiler saw it, a number is refused and not truncated.
    if (backend !== 'wasm') expect(await call('wide_bits', { bits: 65_535 })).toBe(65_535);
    else
      await expect(call('wide_bits', { bits: 256 })).rejects.toThrow(
        'wide_bits: argument 1.bits must be a number that its bit-field holds',
      );
  }, 300_000);

  it('passes fields of anonymous structs as those of the outer one', async () => {
    const grid = { ...GRID, cells: Uint16Array.of(7, 8) };
    const corners = [{ x: 10 }, { x: 20 }];
    const [low, high] = [{ at: Uint8Array.of(1, 2) }, { at: Uint8Array.of(3, 4, 7) }];
    expect(await call('shift', grid)).toEqual({ ...grid, left: 11, top: 22, depth: 5, corners, low, high });
  }, 300_000);

  it('passes unions by the name of the valid member', async () => {
    await fc.assert(
      fc.asyncProperty(figure, async (value) => {
        const { as } = value;
        const id = KINDS[Object.keys(as)[0] as keyof typeof KINDS];
        const { circle } = as as { circle?: { center: { x: number; y: number }; label: string } };
        const moved = circle && { circle: { ...circle, center: { ...circle.center, x: circle.center.x + 1 } } };
        expect(await call('next_figure', value)).toEqual({ id, as: moved ?? as });
      }),
      runs,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 9 }), async (values) => {
        const expected = values.map(({ number, ...rest }) => ({
          number: 'real' in number ? { real: number.real / 2 } : { whole: number.whole + 1 },
          ...rest,
        }));
        expect(await call('figures', values)).toEqual({ values: expected });
      }),
      runs,
    );
  }, 300_000);

  it('refuses or takes any value for a struct, and continues', async () => {
    await fc.assert(
      fc.asyncProperty(spoiled, async (value) => {
        for (const name of ['next_figure', 'next_day', 'shift', 'figures']) {
          const outcome = await call(name, name === 'figures' ? [value] : value).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'ERR_GUEST_THROWN' });
        }
        expect(await call('odd', -1, true)).toEqual({ number: { real: 1 }, text: '?' });
      }),
      { numRuns: 100 },
    );
  }, 300_000);

  it('passes zeros to a function if JavaScript gave another member of a union', async () => {
    const circle = { center: { x: 1e300 / 7, y: -1e300 / 7 }, label: 'a label' };
    // Rows of a batch share a stack: the first leaves its bytes there.
    const rows = [{ circle }, { side: 1 / 7 }, { nothing: {} }].map((as) => [{ id: -1, as }]);
    const context = await createContext({ backend, program: compiled.program.programs['beyond']! });
    const [first, ...others] = await context.callBatch('beyond', rows);
    expect(first).toBeGreaterThan(0);
    expect(others).toEqual([0, 0]);
    await context.dispose();
  }, 300_000);

  it('continues after a union with an unknown tag', async () => {
    expect(await call('odd', -1, true)).toEqual({ number: { real: 1 }, text: '?' });
    await expect(call('odd', 1, true)).rejects.toThrow('odd gave a struct whose type is 1, which no colony_case names');
    expect(await call('odd', -1, true)).toEqual({ number: { real: 1 }, text: '?' });
  }, 300_000);

  it.each([
    ['sum', [['1']], 'sum: argument 1[0] must be a number, not a string'],
    ['sum', [[2 ** 31]], 'sum: argument 1[0] must be an integer of 32 bits'],
    ['sum', [new Float32Array(2)], 'sum: argument 1 must be a typed array of that type or an array, not a typed array'],
    ['sum', [], 'sum takes 1 argument, not 0'],
    ['iota', [-1], 'iota: argument 1 must be a natural number of 32 bits'],
    ['move', [[{ x: 1 }], { x: 0, y: 0 }], 'move: argument 1[0].y must be a number, not undefined'],
    ['move', [[], 7], 'move: argument 2 must be an object, not a number'],
    ['mirror', [{ corners: [] }], 'mirror: argument 1.corners must be of 3 items, not 0'],
    ['echo', ['a\0b'], 'echo: argument 1 must be a string without NUL characters'],
    ['next_day', [{ ...DATE, day: 32 }], 'next_day: argument 1.day must be a natural number of 5 bits'],
    ['next_day', [{ ...DATE, day: -1 }], 'next_day: argument 1.day must be a natural number of 5 bits'],
    ['next_day', [{ ...DATE, offset: 32 }], 'next_day: argument 1.offset must be an integer of 6 bits'],
    ['next_day', [{ ...DATE, offset: -33 }], 'next_day: argument 1.offset must be an integer of 6 bits'],
    ['next_day', [{ ...DATE, offset: 1n }], 'next_day: argument 1.offset must be a number, not a bigint'],
    ['next_day', [{ ...DATE, leap: 1 }], 'next_day: argument 1.leap must be a boolean, not a number'],
    ['next_day', [{ ...DATE, color: 8 }], 'next_day: argument 1.color must be a natural number of 3 bits'],
    ['next_day', [{ ...DATE, half: 2 }], 'next_day: argument 1.half must be an integer of 2 bits'],
    [
      'next_day',
      [{ ...DATE, stamp: 2n ** 60n }],
      'argument 1.stamp must be a natural number of 60 bits (a safe integer',
    ],
    ['next_day', [{ ...DATE, stamp: 'x' }], 'argument 1.stamp must be a number or a bigint, not a string'],
    ['next_day', [{ ...DATE, sign: 1 }], 'next_day: argument 1.sign must be an integer of 1 bits'],
    ['next_day', [{ ...DATE, sign: -2 }], 'next_day: argument 1.sign must be an integer of 1 bits'],
    ['packet_sum', [{ data: new Uint8Array(32) }], 'packet_sum: argument 1.data must be at most 31'],
    ['shift', [{ ...GRID, depth: 16 }], 'shift: argument 1.depth must be a natural number of 4 bits'],
    ['shift', [{ ...GRID, top: undefined }], 'shift: argument 1.top must be a number, not undefined'],
    ['shift', [{ ...GRID, cells: [-1] }], 'shift: argument 1.cells[0] must be a natural number of 16 bits'],
    ['shift', [{ ...GRID, corners: [{ x: 1 }, {}] }], 'shift: argument 1.corners[1].x must be a number, not undefined'],
    [
      'next_figure',
      [{ id: 1, as: {} }],
      'next_figure: argument 1.as must be an object with exactly one of nothing, circle, side, path, levels, crossed, not none',
    ],
    ['next_figure', [{ id: 1, as: { side: 1, crossed: 2 } }], 'side, path, levels, crossed, not several'],
    ['next_figure', [{ id: 1, as: { kind: 2 } }], 'path, levels, crossed, not none'],
    ['next_figure', [{ id: 1, as: { side: undefined } }], 'path, levels, crossed, not none'],
    ['next_figure', [{ id: 1 }], 'next_figure: argument 1.as must be an object, not undefined'],
    ['next_figure', [{ id: 1, as: 7 }], 'next_figure: argument 1.as must be an object, not a number'],
    ['next_figure', [{ id: 1, as: { side: 'x' } }], 'next_figure: argument 1.as.side must be a number, not a string'],
    ['next_figure', [{ id: 1, as: { crossed: 32 } }], 'argument 1.as.crossed must be a natural number of 5 bits'],
    ['next_figure', [{ id: 1, as: { levels: [1] } }], 'argument 1.as.levels must be of 4 items, not 1'],
    [
      'next_figure',
      [{ id: 1, as: { path: { points: [{ x: 1 }] } } }],
      'argument 1.as.path.points[0].y must be a number',
    ],
    ['next_figure', [{ id: 1, as: { side: -1 } }], 'gave a struct whose kind is 100, which no colony_case names'],
    ['figures', [[{ number: { real: 1 } }]], 'argument 1[0] must be an object with exactly one of text, figure, row'],
    ['figures', [[{ number: { real: 1 }, text: 'a', row: [] }]], 'exactly one of text, figure, row, not several'],
    ['figures', [[{ number: { real: 1n }, text: 'a' }]], 'argument 1[0].number.real must be a number, not a bigint'],
    ['figures', [[{ number: { whole: 1 }, text: 1 }]], 'figures: argument 1[0].text must be a string, not a number'],
    ['odd', [-2, false], 'odd gave a struct whose type is -2, which no colony_case names'],
    ['liar', [3], 'liar reports that it wrote 4 items to to, which has room for 3'],
  ])('%s refuses %o', async (name, args, message) => {
    await expect(call(name, ...args)).rejects.toMatchObject({
      code: 'ERR_GUEST_THROWN',
      message: expect.stringContaining(message),
    });
  });
});
