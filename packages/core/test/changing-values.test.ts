/**
 * Tests values that change during encoding: memory that getters detach or resize, memory that other threads write, and
 * objects with a false size. The encoded bytes decode to a value from some moment, or the value is refused.
 */
import { deepStrictEqual } from 'node:assert';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ColonyError } from '../src/errors.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';

const LARGE = 10_000; // larger than memory that is copied at once
const resizable = (length: number, most = 4 * LARGE): ArrayBuffer =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(length, { maxByteLength: most });
const resize = (buffer: ArrayBuffer, length: number) =>
  (buffer as unknown as { resize(length: number): void }).resize(length);
const detach = (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] });

/** Returns the decoded value, or the error's code. */
function outcome(value: unknown): unknown {
  try {
    return decode(concat(encode(value)));
  } catch (error) {
    if (error instanceof ColonyError) return error.code;
    throw error;
  }
}
const REFUSED = 'ERR_NOT_SERIALIZABLE';
/** Returns a list whose second item runs `act`, after the first is read and before the third. */
function around(first: unknown, act: () => void) {
  const get = () => {
    act();
    return 'acted';
  };
  return [first, Object.defineProperty({}, 'act', { enumerable: true, get }), 'after'];
}

describe('memory that a getter detaches', () => {
  const lengths = [16, LARGE];
  it.each(lengths)('detached: %i bytes', (length) => {
    for (const Type of [Uint8Array, Uint8ClampedArray, Float64Array]) {
      const bytes = new Type(length);
      const isSmall = bytes.byteLength < 4096; // and so was copied before the getter ran
      const after = outcome(around(bytes, () => detach(bytes.buffer)));
      if (isSmall) expect(after).toEqual([new Type(length), { act: 'acted' }, 'after']);
      else expect(after).toBe(REFUSED);
    }
    for (const make of [(buffer: ArrayBuffer) => buffer, (buffer: ArrayBuffer) => new DataView(buffer)]) {
      const buffer = new ArrayBuffer(length);
      expect(outcome(around(make(buffer), () => detach(buffer))) === REFUSED).toBe(length === LARGE);
    }
  });
  it.each(lengths)('shrunk and grown: %i bytes', (length) => {
    for (const to of [0, 1, length - 8, length + 8, 2 * length]) {
      for (const make of [
        (buffer: ArrayBuffer) => new Uint8Array(buffer),
        (buffer: ArrayBuffer) => new Uint8Array(buffer, 8),
        (buffer: ArrayBuffer) => new Uint8Array(buffer, 8, length - 8),
        (buffer: ArrayBuffer) => new Float32Array(buffer),
        (buffer: ArrayBuffer) => new DataView(buffer),
        (buffer: ArrayBuffer) => buffer,
      ]) {
        const buffer = resizable(length);
        const value = make(buffer);
        const before = structuredClone(outcome([value]) as unknown[])[0];
        const after = outcome(around(value, () => resize(buffer, to)));
        if (length === LARGE && to < length) expect(after).toBe(REFUSED);
        else deepStrictEqual(after, [before, { act: 'acted' }, 'after']);
      }
    }
  });
  it('detached before it is read', () => {
    const gone = new Uint8Array(8);
    detach(gone.buffer);
    const outside = new Uint8Array(resizable(16), 8, 8);
    resize(outside.buffer as ArrayBuffer, 12);
    const views = [gone, gone.buffer, outside, new Uint16Array(outside.buffer, 0), new DataView(resizable(4))];
    const view = new DataView(resizable(16), 8, 8);
    resize(view.buffer as ArrayBuffer, 0);
    expect(views.map((view) => outcome([view]) === REFUSED)).toEqual([true, true, true, false, false]);
    expect(outcome([view])).toBe(REFUSED);
    expect(
      outcome([new Uint8Array(0), new Float64Array(0), new ArrayBuffer(0), new DataView(new ArrayBuffer(0))]),
    ).not.toBe(REFUSED);
  });
  it('a message within a message keeps both intact', () => {
    const [mine, other] = [new Uint8Array(LARGE).fill(1), new Uint8Array(LARGE).fill(2)];
    const inner = () => void outcome(around(other, () => detach(other.buffer)));
    deepStrictEqual(outcome(around(mine, inner)), [mine, { act: 'acted' }, 'after']);
  });
});

describe('a value with a false type', () => {
  const lying = <T extends object>(value: T, lies: object): T =>
    Object.defineProperties(value, Object.getOwnPropertyDescriptors(lies)) as T;
  it('bytes with own properties are encoded as bytes', () => {
    for (const length of [8, LARGE]) {
      for (const lie of [0, 5, 5000, 2 ** 40, -1, 'x']) {
        const lies = { length: lie, byteLength: lie, byteOffset: lie, buffer: new ArrayBuffer(3) };
        const back = outcome([lying(new Uint8Array(length).fill(7), lies), 'after']) as [Uint8Array, string];
        deepStrictEqual(back, [new Uint8Array(length).fill(7), 'after']);
        const view = lying(new DataView(new ArrayBuffer(length)), lies);
        deepStrictEqual(outcome([view, 'after']), [new DataView(new ArrayBuffer(length)), 'after']);
      }
    }
  });
  it('another kind of array behind the prototype of bytes keeps its kind', () => {
    const numbers = Object.setPrototypeOf(new Float64Array([1, 2]), Uint8Array.prototype);
    deepStrictEqual(outcome([numbers, 'after']), [new Uint8Array(new Float64Array([1, 2]).buffer), 'after']);
  });
  it('proxies and objects without memory are refused', () => {
    const forged = {
      get: (target: object, key: string) => (key === 'length' ? 9000 : Reflect.get(target, key, target)),
    };
    for (const value of [new Proxy(new Uint8Array(8), forged), Object.create(Uint8Array.prototype)])
      expect(() => outcome([value])).toThrow(TypeError);
  });
  it('lists with no count of items are refused', () => {
    for (const length of [-1, 2.5, '2', Number.NaN, 2 ** 60, undefined, Infinity])
      expect(outcome(new Proxy([], { get: (_, key) => (key === 'length' ? length : 0) }))).toBe(REFUSED);
  });
  it('shared memory is refused, whatever its declared type', () => {
    const shared = new SharedArrayBuffer(LARGE);
    Object.defineProperty(shared, Symbol.toStringTag, { value: 'ArrayBuffer' });
    const mine = { buffer: new ArrayBuffer(LARGE) };
    for (const value of [
      new Uint8Array(shared),
      new Float64Array(shared),
      new DataView(shared),
      shared,
      lying(new Uint8Array(shared), mine),
      lying(new DataView(shared), mine),
      Buffer.from(shared),
    ])
      expect(outcome([value])).toBe(REFUSED);
  });
});

it('a message decodes or is refused, whatever getters do to memory', () => {
  const length = fc.constantFrom(0, 8, 4088, 4096, 4104, LARGE);
  const step = fc.record({
    length,
    offset: fc.constantFrom(0, 8),
    tracks: fc.boolean(),
    kind: fc.constantFrom('bytes', 'floats', 'view', 'buffer'),
    act: fc.constantFrom('nothing', 'detach', 'shrink', 'grow', 'empty', 'encode'),
    of: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const buffers = steps.map((step) => resizable(step.length + 8));
      const values = steps.map(({ kind, offset, tracks, length }, i) => {
        const buffer = buffers[i]!;
        if (kind === 'buffer') return buffer;
        if (kind === 'view') return tracks ? new DataView(buffer, offset) : new DataView(buffer, offset, length);
        if (kind === 'floats') return new Float64Array(buffer, offset, ...(tracks ? [] : [length / 8]));
        return tracks ? new Uint8Array(buffer, offset) : new Uint8Array(buffer, offset, length);
      });
      const act = ({ act, of }: (typeof steps)[number]) => {
        const buffer = buffers[of % buffers.length]!;
        if (act === 'nothing' || buffer.byteLength === 0) return;
        if (act === 'detach') detach(buffer);
        else if (act === 'encode') encode([new Uint8Array(5000), act]);
        else resize(buffer, { shrink: buffer.byteLength >> 1, grow: 3 * LARGE, empty: 0 }[act]);
      };
      const message = values.map((value, i) => around(value, () => act(steps[i]!)));
      const decoded = outcome(message);
      if (decoded === REFUSED) return;
      const shapes = (decoded as unknown[][]).map(([, ...rest]) => rest);
      deepStrictEqual(
        shapes,
        steps.map(() => [{ act: 'acted' }, 'after']),
      );
    }),
    { numRuns: 500 },
  );
});

describe('another thread', () => {
  let worker: Worker | undefined;
  afterAll(() => worker?.terminate());
  it('that writes to shared memory changes no message', async () => {
    const shared = new SharedArrayBuffer(LARGE);
    worker = new Worker('const b = new Uint8Array(require("worker_threads").workerData); for (;;) b.fill(b[0] + 1)', {
      eval: true,
      workerData: shared,
    });
    const bytes = new Uint8Array(shared);
    while (bytes[LARGE - 1] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0; i < 1000; i++) expect(outcome([bytes, 'after'])).toBe(REFUSED);
    // A copy of it is data like any other.
    for (let i = 0; i < 100; i++) expect(outcome([bytes.slice(), 'after'])).toMatchObject({ 1: 'after' });
  });
});
