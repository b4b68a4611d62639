/**
 * Tests the cost of decoding. Time is compared with that of an ordinary frame in the same run. The shortest of several
 * runs counts. `COLONY_SEARCH_SECONDS` makes the search longer.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ColonyError } from '../src/errors.js';
import { HashChains, hashOf } from '../src/wire/codec/hash-chains.js';
import { concat, decode, encode, DEFAULT_CODEC_LIMITS as LIMITS } from '../src/wire/codec/public.js';
import { leastTime } from './lib/least-time.js';
import { colliding, frameOf, items, object, regexp, word, worstFrames } from './lib/worst-frames.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const KIB = 1024;
/** A small allowance, so that a frame of moderate size shows the cost that its bytes pay for. */
const TIGHT = { ...LIMITS, allowance: 256 * KIB };
const PER_BYTE = 32;
const used = () => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const bytesOf = (value: unknown) => concat(encode(value)).slice();
const rows = (n: number) =>
  Array.from({ length: n }, (_, id) => ({
    id,
    name: `name ${id}`,
    tags: ['x', 'y'],
    score: id / 3,
    ok: true,
    no: null,
  }));

/** Decodes or refuses a frame. Any other failure is a fault. */
function attempt(frame: Uint8Array): unknown {
  try {
    return decode(frame, TIGHT);
  } catch (error) {
    if (ColonyError.is(error) && /^ERR_(LIMIT_OUTPUT|GUEST_PROTOCOL)$/.test(error.code)) return undefined;
    throw error;
  }
}

function retained(frame: Uint8Array): number {
  const before = used();
  const value = attempt(frame);
  const after = used();
  return value === undefined ? 0 : after - before;
}

/**
 * Returns the nanoseconds per byte of an ordinary frame on this machine now: about 8 on a quiet machine, with a bound
 * of 50.
 */
const ordinary = bytesOf(rows(4000));
const ordinaryTime = async () => (await leastTime(() => decode(ordinary), 5)) / ordinary.length;
/** Factor between the two, with room for a loaded machine and its garbage collection. */
const FACTOR = 40;

/** Returns the milliseconds that decoding or refusing a frame may take, including its whole allowance. */
const timeFor = async (frame: Uint8Array) =>
  FACTOR * (await ordinaryTime()) * (frame.length + TIGHT.allowance / PER_BYTE);
const memoryFor = (frame: Uint8Array) => PER_BYTE * frame.length + TIGHT.allowance;

describe('the worst frames', () => {
  it.each(worstFrames(256 * KIB))('%s cost time and memory in proportion to their bytes', async (_name, make) => {
    const frame = make();
    // Measures memory first, because an engine that other runs have warmed up allocates less.
    expect(retained(frame)).toBeLessThan(memoryFor(frame) + 512 * KIB);
    expect(await leastTime(() => attempt(frame), 3)).toBeLessThan(await timeFor(frame));
  });

  const kinds: Readonly<Record<string, (i: number) => unknown>> = {
    integers: (i) => i,
    'negative integers': (i) => -1 - i,
    'integers beyond 32 bits': (i) => 2 ** 32 * 3 * (i + 1),
    doubles: (i) => i + 0.5,
    bigints: (i) => BigInt(i),
    'bigints of one low digit': (i) => (BigInt(i) << 64n) + 5n,
    'negative bigints of one low digit': (i) => -(BigInt(i) << 64n) - 5n,
  };
  const sets = Object.entries(kinds);
  it.each(sets)('%s that an engine puts into one bucket are refused, others are not', async (name, make) => {
    const n = 2048;
    const chosen = name.endsWith('digit') ? Array.from({ length: n }, (_, i) => make(i)) : colliding(make, hashOf, n);
    const plain = Array.from({ length: n }, (_, i) => (name.endsWith('digit') ? BigInt(i) : make(i)));
    for (const wrap of [
      (keys: unknown[]) => new Set(keys),
      (keys: unknown[]) => new Map(keys.map((key) => [key, 0])),
    ]) {
      const strict = { ...LIMITS, allowance: 0 };
      expect(() => decode(bytesOf(wrap(chosen)), strict)).toThrow(
        expect.objectContaining({ code: 'ERR_LIMIT_OUTPUT' }),
      );
      expect(decode(bytesOf(wrap(plain)), LIMITS)).toEqual(wrap(plain));
    }
    const frame = bytesOf(new Set([...chosen, ...plain]));
    expect(await leastTime(() => attempt(frame), 3)).toBeLessThan(await timeFor(frame));
  });

  it('the engine hashes as assumed', async () => {
    const chosen = colliding((i) => i, hashOf, 2048);
    const plain = Array.from({ length: 2048 }, (_, i) => i);
    const steps = (keys: unknown[]) => {
      const chains = new HashChains(keys.length);
      return keys.reduce<number>((sum, key) => sum + chains.insert(key), 0);
    };
    expect(steps(chosen)).toBeGreaterThan(steps(plain) * 100);
    const [slow, quick] = [await leastTime(() => new Set(chosen), 5), await leastTime(() => new Set(plain), 5)];
    expect(slow).toBeGreaterThan(quick * 5);
  });

  it('index-like keys in 100,000 objects of 19 bytes do not fill the heap', () => {
    const frame = frameOf(() => object(['1023', '2000', '3321']), 1_900_000);
    expect(retained(frame)).toBeLessThan(memoryFor(frame));
  });

  it('errors do not capture a stack of the host, and later errors do', () => {
    const limit = Error.stackTraceLimit;
    const set: unknown[] = [];
    Object.defineProperty(Error, 'stackTraceLimit', {
      get: () => limit,
      set: (to) => set.push(to),
      configurable: true,
    });
    decode(frameOf(items['an Error']!, 5));
    Object.defineProperty(Error, 'stackTraceLimit', { value: limit, writable: true, configurable: true });
    expect(set).toEqual([0, limit]);
    const frame = frameOf(items['an Error']!, 1000);
    decode(frame);
    expect(Error.stackTraceLimit).toBe(limit);
    const cut = frame.slice(0, -1);
    const error = catching(() => decode(cut));
    expect(error.stack).toContain('at malformed');
    expect(Error.stackTraceLimit).toBe(limit);
  });

  it('a regular expression whose parsing takes a second is refused before it is parsed', () => {
    const frame = Uint8Array.from(regexp('\\p{RGI_Emoji}'.repeat(1000), 'v'));
    expect(catching(() => decode(frame))).toMatchObject({
      code: 'ERR_LIMIT_OUTPUT',
      message: expect.stringContaining('send fewer, larger values'),
      details: { limit: LIMITS.allowance + PER_BYTE * frame.length, bytes: frame.length },
    });
    const [source, flags] = ['\\p{RGI_Emoji}', 'v'] as const;
    expect(decode(Uint8Array.from(regexp(source, flags)))).toEqual(new RegExp(source, flags));
  });
});

function catching(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('ordinary data costs less than its bytes pay for, at any size', () => {
  const n = 20_000;
  const list = (make: (i: number) => unknown) => Array.from({ length: n }, (_, i) => make(i));
  const tree = (depth: number): unknown => (depth === 0 ? null : { left: tree(depth - 1), right: tree(depth - 1) });
  const cases: Readonly<Record<string, () => unknown>> = {
    rows: () => rows(n),
    integers: () => list((i) => i),
    doubles: () => list((i) => i / 3),
    booleans: () => list((i) => i % 2 === 0),
    'words, many of them the same': () => list((i) => word(i % 100, 5)),
    'words of a non-Latin script': () => list((i) => `中文${i % 10}`),
    'points as pairs': () => list((i) => [i % 20, (i * 7) % 20]),
    'points as objects': () => list((i) => ({ x: i / 7, y: i / 9 })),
    'rows of many columns': () =>
      list(() => Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`column${i}`, i]))).slice(0, 1000),
    'rows with columns that may be missing': () =>
      list((i) => ({ id: i, ...(i % 2 ? { a: 1 } : {}), ...(i % 3 ? { b: 2 } : {}), ...(i % 5 ? { c: 3 } : {}) })),
    'rows with names of a non-Latin script': () => list((i) => ({ 名前: `人${i}`, 年齢: i % 100 })),
    'an object by UUID': () =>
      Object.fromEntries(list((i) => [`00000000-0000-4000-8000-${1e11 + i}`, { id: i }]) as []),
    'an object by number': () => Object.fromEntries(list((i) => [i * 17, { value: i }]) as []),
    'an object by consecutive number': () => Object.fromEntries(list((i) => [i, `value ${i}`]) as []),
    'an object by date': () => Object.fromEntries(list((i) => [`2026-01-01T${1e5 + i}`, { id: i }]) as []),
    'a Map by word': () => new Map(list((i) => [`word${i}`, i]) as []),
    'a Map by number': () => new Map(list((i) => [i * 1000 + 1, `value ${i}`]) as []),
    'a Set of numbers': () => new Set(list((i) => i * 1000 + 1)),
    'a Set of bigints': () => new Set(list((i) => BigInt(i) * 1_000_003n + 2n ** 40n)),
    dates: () => list((i) => new Date(1.7e12 + i)),
    'bigints of 64 bits': () => list((i) => 2n ** 60n + BigInt(i)),
    hashes: () => list((i) => new Uint8Array(32).fill(i)),
    'errors with their stacks': () => list((i) => new Error(`failure ${i}`)).slice(0, 1000),
    tree: () => tree(12),
    'typed arrays': () => list((i) => new Float64Array(16).fill(i)),
  };
  it.each(Object.entries(cases))('%s', (_name, make) => {
    const value = make();
    expect(decode(bytesOf(value), { ...LIMITS, allowance: 0 })).toEqual(value);
  });
});

/** The shape of a value, which can be mutated: an item, or several in a container. */
interface Shape {
  readonly kind: string;
  readonly children: readonly Shape[];
}

const CONTAINERS = ['array', 'object', 'words', 'indices', 'map', 'set', 'error', 'shared'];
const PROTOTYPE: Readonly<Record<string, (children: readonly number[][], n: number) => number[]>> = {
  array: (children) => [0x80 + children.length, ...children.flat()],
  object: (children) => [0xa0 + children.length, ...children.flatMap((child, i) => [0x61, 97 + i, ...child])],
  words: (children, n) => [0xa0 + children.length, ...children.flatMap((c, i) => [0x64, ...letters(n * 8 + i), ...c])],
  indices: (children, n) => [
    0xa0 + children.length,
    ...children.flatMap((child, i) => [...index(((i + 1) * 337 * (1 + (n % 7))) % 9973), ...child]),
  ],
  map: (children) => [0xd9, 1, 3, 0xa0 + children.length, ...children.flatMap((child, i) => [i, ...child])],
  set: (children) => [0xd9, 1, 2, 0x80 + children.length, ...children.flat()],
  error: (children) => [0xd8, 27, 0x82, 0x65, 69, 114, 114, 111, 114, 0xa0 + children.length, ...fields(children)],
  shared: (children) => [0xd8, 28, 0x80 + children.length, ...children.flat()],
};
const letters = (n: number) => [...Buffer.from(word(n, 4))];
const index = (n: number) => [0x60 + String(n).length, ...Buffer.from(String(n))];
const fields = (children: readonly number[][]) => children.flatMap((child, i) => [0x61, 97 + i, ...child]);

function write(shape: Shape, n: number): number[] {
  const container = PROTOTYPE[shape.kind];
  if (container === undefined) return [...items[shape.kind]!(n)];
  return container(
    shape.children.map((child) => write(child, n)),
    n,
  );
}

/** Mulberry32, so that the search can be repeated from its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const LEAVES = Object.keys(items).filter((name) => !name.includes('long'));

function anyShape(random: (below: number) => number, depth: number): Shape {
  if (depth === 0 || random(3) === 0) return { kind: LEAVES[random(LEAVES.length)]!, children: [] };
  const children = Array.from({ length: random(5) }, () => anyShape(random, depth - 1));
  return { kind: CONTAINERS[random(CONTAINERS.length)]!, children };
}

function changed(shape: Shape, random: (below: number) => number): Shape {
  const at = random(shape.children.length + 2);
  if (at >= shape.children.length || random(4) === 0) return anyShape(random, 3);
  return { ...shape, children: shape.children.map((child, i) => (i === at ? changed(child, random) : child)) };
}

describe('a search for worse frames', () => {
  const seconds = Number(process.env.COLONY_SEARCH_SECONDS ?? 3);
  const seed = Number(process.env.COLONY_SEARCH_SEED ?? Date.now() % 1e9);
  it(`by hill climbing, for ${seconds} s, seed ${seed}`, { timeout: seconds * 1000 + 60_000 }, async () => {
    const random = randomFrom(seed);
    const until = performance.now() + seconds * 1000;
    const frame = (shape: Shape) => frameOf((n) => write(shape, n), 64 * KIB);
    const cost = async (bytes: Uint8Array) => (await leastTime(() => attempt(bytes), 2)) / bytes.length;
    let best: Shape = { kind: LEAVES[0]!, children: [] };
    let worst = 0;
    while (performance.now() < until) {
      const next = random(10) === 0 ? anyShape(random, 4) : changed(best, random);
      const bytes = frame(next);
      const costs = await cost(bytes);
      if (costs <= worst) continue;
      worst = costs;
      best = next;
      const json = JSON.stringify(next);
      expect(await leastTime(() => attempt(bytes), 5), json).toBeLessThan(await timeFor(bytes));
      expect(retained(bytes), json).toBeLessThan(memoryFor(bytes) + 512 * KIB);
    }
    expect(worst).toBeGreaterThan(0);
  });
});
