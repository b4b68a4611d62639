/**
 * Tests decoding in slices: it gives the same values and errors as decoding in one go, with little work between two
 * pauses.
 */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColonyError } from '../src/errors.js';
import { LONG_TEXT, STEP, type Step } from '../src/wire/codec/pause.js';
import { concat, decode, encode, DEFAULT_CODEC_LIMITS as LIMITS, SlicedDecoding } from '../src/wire/codec/public.js';
import { frameOf, head, items, regexp, worstFrames } from './lib/worst-frames.js';

const KIB = 1024;
const TIGHT = { ...LIMITS, allowance: 256 * KIB };
/** Pauses before every item. */
const SHORT: Step = { bytes: 0, cost: 0 };
const bytesOf = (value: unknown) => concat(encode(value)).slice();

function inSlices(bytes: Uint8Array, limits = LIMITS, step = SHORT, between = () => {}): unknown {
  const decoding = new SlicedDecoding(bytes, limits, step);
  while (!decoding.step()) between();
  return decoding.value;
}

/** Returns the value, or the parts of the error. */
function outcome(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    return { code: error.code, message: error.message, details: error.details };
  }
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: false,
  withNullPrototype: false,
  withBoxedValues: true,
});

describe('decoded in slices', () => {
  it('a value of any kind is the same', () => {
    fc.assert(
      fc.property(anything, fc.nat(40), (value, bytes) => {
        const frame = bytesOf(value);
        // Not `deepStrictEqual`: to it two invalid dates differ.
        expect(inSlices(frame, LIMITS, { bytes, cost: 0 })).toStrictEqual(decode(frame));
      }),
      { numRuns: 200 },
    );
  });

  it('errors, cycles and shared objects are the same', () => {
    const cycle: Record<string, unknown> = { list: [1, [2, [3]]] };
    const error = new AggregateError([cycle, new RangeError('r', { cause: cycle })], 'a');
    const all = { cycle, error, map: new Map<unknown, unknown>([[cycle, new Map([[[1, 2], cycle]])]]) };
    cycle.all = [all, new Set([cycle, [cycle]])];
    const frame = bytesOf(all);
    deepStrictEqual(inSlices(frame), decode(frame));
    const back = inSlices(frame) as typeof all;
    expect((back.cycle.all as unknown[])[0]).toBe(back);
    expect(back.error.errors[0]).toBe(back.cycle);
    expect([...back.map.keys()][0]).toBe(back.cycle);
  });

  it.each([
    ['ASCII', 'x'],
    ['two bytes', 'é'],
    ['three bytes', '中'],
    ['four bytes', '😀'],
    ['lone surrogates', 'a\ud800'],
  ])('long strings are the same: %s', (_name, letter) => {
    const count = Math.ceil((LONG_TEXT + 1000) / Buffer.byteLength(letter));
    expect(`${inSlices(bytesOf(Object('y'.repeat(LONG_TEXT + 1))))}`).toBe('y'.repeat(LONG_TEXT + 1));
    for (const shift of ['', 'y', 'yyy']) {
      const text = shift + letter.repeat(count);
      for (const value of [[text, 1], new Error(text)]) {
        const frame = bytesOf(value);
        deepStrictEqual(inSlices(frame), decode(frame));
      }
    }
  });

  it('a malformed message is the same error, wherever it ends', () => {
    const frame = bytesOf([{ a: [1, 'text', new Map([[[1], { b: new Error('e') }]])] }, new Set([[1], 'x']), 5n, /a/u]);
    for (let length = 0; length < frame.length; length++) {
      const cut = frame.slice(0, length);
      expect(
        outcome(() => inSlices(cut)),
        `${length} bytes`,
      ).toEqual(outcome(() => decode(cut)));
    }
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = frame.slice();
        changed[at] = byte;
        deepStrictEqual(
          outcome(() => inSlices(changed)),
          outcome(() => decode(changed)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('text that is not UTF-8 is refused, also in the middle of a long one', () => {
    for (const at of [5, LONG_TEXT - 1, LONG_TEXT, LONG_TEXT + 1, 2 * LONG_TEXT - 1]) {
      const frame = Uint8Array.from([...head(0x60, 2 * LONG_TEXT), ...new Array(2 * LONG_TEXT).fill(65)]);
      frame[5 + at] = 0x80;
      expect(outcome(() => inSlices(frame))).toMatchObject({ code: 'ERR_GUEST_PROTOCOL' });
    }
  });

  it.each(worstFrames(16 * KIB))('%s costs the same', (_name, make) => {
    const frame = make();
    const done: Step[] = [];
    const decoding = new SlicedDecoding(frame, TIGHT, { bytes: 1000, cost: 10_000 });
    const sliced = outcome(() => {
      while (!decoding.step()) done.push(decoding.done);
      return decoding.value;
    });
    deepStrictEqual(
      sliced,
      outcome(() => decode(frame, TIGHT)),
    );
    expect(done.every(({ bytes }, i) => i === 0 || bytes > done[i - 1]!.bytes)).toBe(true);
  });
});

describe('between two pauses', () => {
  const SIZE = 128 * KIB;
  /** Returns the bytes of the largest item that is decoded without a pause. */
  const largest = (name: string) => (name.includes('long') ? 65536 + 16 : 256);
  /** Most cost that a container can charge before its items are decoded, with as many items as these bytes allow. */
  const MOST_COST = 64 * SIZE;
  it.each(worstFrames(SIZE))('%s: little is decoded', (name, make) => {
    const mostBytes = STEP.bytes + largest(name);
    const decoding = new SlicedDecoding(make(), LIMITS);
    let before = decoding.done;
    let goesOn = true;
    while (goesOn) {
      goesOn = (outcome(() => !decoding.step()) as { value?: boolean }).value === true;
      const { bytes, cost } = decoding.done;
      expect(bytes - before.bytes).toBeLessThanOrEqual(mostBytes);
      expect(cost - before.cost).toBeLessThanOrEqual(STEP.cost + MOST_COST);
      before = decoding.done;
    }
  });

  it('other messages are decoded, in slices and in one go, and neither sees the other', () => {
    const rows = (name: string) =>
      Array.from({ length: 100 }, (_, id) => ({ id, [name]: [name, id], [`${name}2`]: {} }));
    const frames = ['a', 'b', 'c'].map((name) => bytesOf({ rows: rows(name), error: new Error(name) }));
    const values = frames.map((frame) => decode(frame));
    const decodings = frames.map((frame) => new SlicedDecoding(frame, { ...LIMITS, allowance: 5000 }, SHORT));
    const pending = new Set(decodings);
    while (pending.size > 0) {
      for (const decoding of pending) {
        if (decoding.step()) pending.delete(decoding);
        expect(decode(bytesOf({ a: { b: 1 } }))).toEqual({ a: { b: 1 } });
        expect(() => decode(Uint8Array.of(0x81))).toThrow(ColonyError);
      }
    }
    deepStrictEqual(
      decodings.map(({ value }) => value),
      values,
    );
  });

  it('errors of the host have their stacks', () => {
    const limit = Error.stackTraceLimit;
    const seen = new Set<number>();
    inSlices(frameOf(items['an Error']!, 1000), LIMITS, SHORT, () => seen.add(Error.stackTraceLimit));
    expect([...seen]).toEqual([limit]);
  });
});

describe('a value that an engine can only make at once', () => {
  const list = (n: number, item: number, before: readonly number[] = []) => {
    const start = [...before, ...head(0x80, n)];
    const frame = new Uint8Array(start.length + n).fill(item);
    frame.set(start);
    return frame;
  };
  const keys = (n: number, before: readonly number[] = []) =>
    Uint8Array.from([...before, ...head(0xa0, n), ...Array.from({ length: n }, () => [0x60, 0]).flat()]);
  const cases: Readonly<Record<string, () => Uint8Array>> = {
    'an array of 8,388,609 items': () => list(8388609, 0),
    'a Set of 1,048,577 elements': () => list(1048577, 0, [0xd9, 1, 2]),
    'a Map of 1,048,577 entries': () => {
      const start = [0xd9, 1, 3, ...head(0xa0, 1048577)];
      const frame = new Uint8Array(start.length + 2 * 1048577);
      frame.set(start);
      return frame;
    },
    'an object of 524,289 properties': () => keys(524289),
    'a pattern that takes long to parse, in a message that pays for it': () =>
      concat([
        Uint8Array.of(0x82),
        ...encode(new Uint8Array(2 ** 20)),
        Uint8Array.from(regexp('a'.repeat(40_000), 'u')),
      ]),
    'a key of 262,145 bytes': () => bytesOf({ ['k'.repeat(262145)]: 1 }),
    'a key of lone surrogates of 300,000 bytes': () => bytesOf({ ['\ud800'.repeat(100_000)]: 1 }),
  };
  it.each(Object.entries(cases))('%s is refused', (_name, make) => {
    const frame = make();
    const refused = { code: 'ERR_LIMIT_OUTPUT', message: expect.stringContaining('a message may hold no') };
    expect(outcome(() => decode(frame))).toMatchObject(refused);
    expect(outcome(() => inSlices(frame))).toMatchObject(refused);
  });

  it('a value of a trusted sender is not refused', () => {
    const trusted = { ...LIMITS, allowance: Number.POSITIVE_INFINITY };
    expect(decode(cases['an object of 524,289 properties']!(), trusted)).toEqual({ '': 0 });
    expect(Object.keys(decode(cases['a key of 262,145 bytes']!(), trusted) as object)[0]!.length).toBe(262145);
  });
});
