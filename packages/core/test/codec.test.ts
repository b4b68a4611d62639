import { deepStrictEqual } from 'node:assert';
import * as cborg from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColonyError } from '../src/errors.js';
import { concat, decode, encode, DEFAULT_CODEC_LIMITS as LIMITS } from '../src/wire/codec/public.js';

const roundTrip = (value: unknown) => decode(concat(encode(value)));
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof ColonyError) return error.code;
    throw error;
  }
  return 'none';
};

const typedArrays = fc.oneof(
  fc.uint8Array(),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.uint16Array(),
  fc.int16Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
const leaf = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    -(2 ** 53),
    5e-324,
  ),
  fc.double(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.integer({ min: 0xd700, max: 0xe000 }).map((c) => String.fromCharCode(c)) }),
  fc.date({ noInvalidDate: false }),
  typedArrays,
  typedArrays.map((array) => array.slice().buffer),
  fc.uint8Array().map((array) => new DataView(array.slice().buffer)),
  fc.constantFrom(/a+/gi, /[\]/]/u, /\n/),
  fc.constantFrom(Object(1), Object('s'), Object(false), Object(3n)),
);
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '\ud800', ''));
function record(pairs: [string, unknown][]): object {
  const result = {};
  for (const [name, value] of pairs)
    Object.defineProperty(result, name, { value, writable: true, enumerable: true, configurable: true });
  return result;
}
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('array'), tie('object'), tie('map'), tie('set'), tie('error')),
  array: fc.array(tie('value'), { maxLength: 6 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map(record),
  map: fc
    .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
    .map((entries) => new Map(entries as [unknown, unknown][])),
  set: fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  error: fc.tuple(fc.string(), tie('value')).map(([message, cause]) => new RangeError(message, { cause })),
}));

describe('decode(encode(x)) is x', () => {
  it('for values of every kind', () => {
    fc.assert(
      fc.property(anything, (value) => {
        deepStrictEqual(roundTrip(value), value);
      }),
      { numRuns: 400 },
    );
  });
  it('also -0, NaN and exact doubles', () => {
    fc.assert(fc.property(fc.double(), (value) => Object.is(roundTrip(value), value)));
  });
  it('identity of shared and cyclic objects', () => {
    const shared = { s: 1 };
    const cycle: Record<string, unknown> = {
      a: shared,
      b: [shared, new Map([[shared, shared]])],
      set: new Set<unknown>(),
    };
    cycle.self = cycle;
    (cycle.set as Set<unknown>).add(cycle);
    const error = new Error('e') as Error & { me?: unknown };
    error.cause = error;
    cycle.error = error;
    const bytes = new Uint8Array([1]);
    cycle.bytes = [bytes, bytes];
    const back = roundTrip(cycle) as typeof cycle & {
      b: [unknown, Map<unknown, unknown>];
      error: Error;
      bytes: unknown[];
    };
    expect(back.self).toBe(back);
    expect(back.b[0]).toBe(back.a);
    expect([...back.b[1]][0]).toEqual([back.a, back.a]);
    expect([...back.b[1]][0]![0]).toBe(back.a);
    expect((back.set as Set<unknown>).has(back)).toBe(true);
    expect(back.error.cause).toBe(back.error);
    expect(back.bytes[0]).toBe(back.bytes[1]);
  });
  it('graphs of any shape', () => {
    const edges = fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 40 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const nodes = Array.from({ length: 15 }, (_, id) => ({ id, to: [] as unknown[] }));
        for (const [from, to] of pairs) nodes[from]!.to.push(nodes[to]);
        const back = roundTrip(nodes) as typeof nodes;
        for (const [index, node] of nodes.entries()) {
          expect(back[index]!.to.map((next) => back.indexOf(next as never))).toEqual(
            node.to.map((next) => nodes.indexOf(next as never)),
          );
        }
      }),
    );
  });
  it('errors: type, message, stack, cause, name, own properties; stacks can be left out', () => {
    class Custom extends TypeError {
      override name = 'Custom';
      code = 'E_X';
    }
    const error = new Custom('m', { cause: [1] });
    const back = roundTrip(error) as Custom;
    expect(back).toBeInstanceOf(TypeError);
    expect([back.name, back.message, back.stack, back.cause, back.code]).toEqual([
      'Custom',
      'm',
      error.stack,
      [1],
      'E_X',
    ]);
    const bare = decode(concat(encode(error, LIMITS, { omitStacks: true }))) as Error;
    expect(bare.stack).toBe('Custom: m');
    expect((roundTrip(new AggregateError([new Error('a')], 'b')) as AggregateError).errors[0].message).toBe('a');
  });
  it('__proto__ is a key and not a prototype', () => {
    const back = roundTrip(JSON.parse('{"__proto__": {"polluted": 1}}')) as Record<string, unknown>;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
  it('keys of every kind and number, in their order', () => {
    const indices = fc.oneof(fc.nat(40), fc.nat(5000), fc.integer({ min: 4294967000, max: 4294967300 })).map(String);
    const keys = fc.uniqueArray(fc.oneof(key, indices, fc.constantFrom('01', '1e3', '-1', '1.5')), { maxLength: 40 });
    fc.assert(
      fc.property(keys, fc.boolean(), (names, isError) => {
        const pairs = names.map((name, i): [string, unknown] => [name, { i, [name]: i }]);
        const value = isError
          ? Object.assign(new Error('e'), record(pairs.filter(([name]) => name !== '__proto__')))
          : record(pairs);
        const back = roundTrip(value) as object;
        deepStrictEqual(back, value);
        expect(Object.keys(back)).toEqual(Object.keys(value));
      }),
      { numRuns: 300 },
    );
  });
  it('big byte arrays are referred to, not copied', () => {
    const bytes = new Uint8Array(100_000).fill(3);
    const doubles = new Float64Array(1000).fill(1.5);
    const segments = encode({ bytes, doubles });
    expect(segments.some((part) => part.buffer === bytes.buffer)).toBe(true);
    expect(segments.some((part) => part.buffer === doubles.buffer)).toBe(true);
    expect(decode(concat(segments))).toStrictEqual({ bytes, doubles });
  });
  it('a getter may encode during encoding', () => {
    const inner = {
      get x() {
        return concat(encode(['inner', 'y'.repeat(30000)])).length;
      },
    };
    expect(roundTrip(['before', inner, 'after'])).toEqual(['before', { x: 30010 }, 'after']);
  });
});

const TWICE = {};
/** Values that contain no other value, and the number of levels that each counts for. */
const LEAVES: Readonly<Record<string, readonly [unknown, number]>> = {
  number: [0, 0],
  bigint: [10n, 0],
  'lone surrogate': ['\ud800', 0],
  'empty array': [[], 1],
  'empty object': [{}, 1],
  Uint8Array: [new Uint8Array(1), 1],
  Float64Array: [new Float64Array(1), 1],
  ArrayBuffer: [new ArrayBuffer(1), 1],
  DataView: [new DataView(new ArrayBuffer(1)), 1],
  Date: [new Date(5), 1],
  'Date of 200,000': [new Date(8.64e15 - 1), 1],
  RegExp: [/a/, 1],
  Map: [new Map(), 1],
  Set: [new Set(), 1],
  Error: [new RangeError('text'), 1],
  'AggregateError and its list': [new AggregateError([]), 2],
  'boxed number': [Object(1), 1],
  'boxed bigint': [Object(1n), 1],
  'array with an object twice': [[TWICE, TWICE], 2],
};

/** Functions that put a value into an object. */
const WRAPS: readonly ((inner: unknown) => unknown)[] = [
  (inner) => [inner],
  (inner) => ({ inner }),
  (inner) => new Map([[1, inner]]),
  (inner) => new Map([[inner, 1]]),
  (inner) => new Set([inner]),
  (inner) => new Error('text', { cause: inner }),
];

describe('a value that cannot cross is refused with its path', () => {
  it.each(
    [
      [[{ user: { cb() {} } }], 'value[0].user.cb'],
      [{ 'a b': Symbol('s') }, 'value["a b"]'],
      [new Map([['k', Promise.resolve()]]), 'value.get("k")'],
      [[new WeakMap()], 'value[0]'],
      [[, 1], 'value[0]'],
      [{ p: new Proxy(new Map(), {}) }, 'value.p'],
      [{ p: new URL('http://x') }, 'value.p'],
      [{ s: new Uint8Array(new SharedArrayBuffer(4)) }, 'value.s'],
      [(function* () {})(), 'value'],
    ].map(([value, path]) => [path as string, () => value] as const),
  )('%s', (path, value) => {
    expect(() => encode(value())).toThrow(expect.objectContaining({ code: 'ERR_NOT_SERIALIZABLE', details: { path } }));
  });
  it.each(Object.entries(LEAVES))('%s is as deep for the reader as for the writer', (_name, [leaf, levels]) => {
    const { maxDepth } = LIMITS;
    for (const wrap of WRAPS) {
      const deep = (depth: number) => Array.from({ length: depth }).reduce((inner) => wrap(inner), leaf);
      // Checks the bytes, with and without a surrounding frame: everything that can be written can be read.
      expect(codeOf(() => roundTrip(deep(maxDepth - levels)))).toBe('none');
      expect(codeOf(() => encode(deep(maxDepth - levels + 1)))).toBe('ERR_NOT_SERIALIZABLE');
      const frame = (depth: number) => concat(encode([0, deep(depth)], LIMITS, { frame: true }));
      expect(codeOf(() => decode(frame(maxDepth - levels - 1)))).toBe('none');
      expect(codeOf(() => frame(maxDepth - levels))).toBe('ERR_NOT_SERIALIZABLE');
    }
  });
  it('a value that is too deep for the writer is too deep for the reader', () => {
    const { maxDepth } = LIMITS;
    const wide = { ...LIMITS, maxDepth: 2 * maxDepth };
    for (const [leaf, levels] of Object.values(LEAVES)) {
      for (const wrap of WRAPS) {
        const deep = Array.from({ length: maxDepth - levels + 1 }).reduce((inner) => wrap(inner), leaf);
        const bytes = concat(encode(deep, wide)).slice();
        expect(() => decode(bytes)).toThrow(/nested too deeply/);
      }
    }
  });
  it.each([
    ['bigint', (size: number) => 2n ** BigInt(8 * size) - 1n, 131072],
    ['pattern', (size: number) => new RegExp('a'.repeat(size)), 65536],
  ])('a %s that its reader would refuse is refused with its path', (_kind, make, most) => {
    const trusted = { ...LIMITS, allowance: Number.POSITIVE_INFINITY };
    expect(codeOf(() => decode(concat(encode(make(most))), trusted))).toBe('none');
    const refusal = { code: 'ERR_NOT_SERIALIZABLE', details: { path: 'value.a[0]' } };
    expect(() => encode({ a: [make(most + 1)] })).toThrow(expect.objectContaining(refusal));
  });
  it('a size that is too large is refused', () => {
    const limits = { ...LIMITS, maxBytes: 100 };
    expect(codeOf(() => encode('x'.repeat(98), limits))).toBe('none');
    for (const value of ['x'.repeat(99), new Uint8Array(5000), Array(99).fill(10), Array(1e5).fill('abc')]) {
      expect(codeOf(() => encode(value, limits))).toBe('ERR_LIMIT_OUTPUT');
    }
    expect(roundTrip('still fine')).toBe('still fine');
  });
});

describe('hostile bytes', () => {
  const safe = (bytes: Uint8Array) => {
    try {
      decode(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_GUEST_PROTOCOL', name: 'ColonyError' });
    }
  };
  it('random bytes are refused or decode', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), safe), { numRuns: 3000 });
  });
  it('mutated and truncated bytes are refused or decode', () => {
    fc.assert(
      fc.property(anything, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = concat(encode(value)).slice();
        bytes[at % bytes.length] = byte;
        safe(bytes);
        safe(bytes.subarray(0, at % bytes.length));
      }),
      { numRuns: 1000 },
    );
  });
  it.each([
    ['an array that claims 2^32 items', [0x9a, 0xff, 0xff, 0xff, 0xff]],
    ['a map that claims 2^63 entries', [0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['bytes that claim 2^40', [0x5b, 0, 0, 1, 0, 0, 0, 0, 0]],
    ['text that claims 2^31', [0x7a, 0x80, 0, 0, 0]],
    ['an indefinite array', [0x9f, 0xff]],
    ['a break', [0xff]],
    ['a reference to nothing', [0xd8, 29, 5]],
    ['a reference to itself before it is', [0xd8, 28, 0xd8, 29, 0]],
    ['text that is not UTF-8', [0x62, 0xc3, 0x28]],
    ['an unknown tag', [0xd9, 0x77, 0x77, 0]],
    ['a regexp that does not parse', [0xd9, 0x52, 0x4a, 0x82, 0x61, 0x28, 0x60]],
    [
      'an error whose message is an object',
      [0xd8, 27, 0x82, 0x65, 0x45, 0x72, 0x72, 0x6f, 0x72, 0xa1, 0x67, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0xa0],
    ],
    ['two values', [1, 2]],
    ['nothing', []],
  ])('%s', (_name, bytes) => {
    expect(codeOf(() => decode(Uint8Array.from(bytes)))).toBe('ERR_GUEST_PROTOCOL');
  });
  it('nesting and the cost of objects are bounded', () => {
    expect(codeOf(() => decode(new Uint8Array(1e6).fill(0x81)))).toBe('ERR_GUEST_PROTOCOL');
    expect(codeOf(() => decode(new Uint8Array(1e6).fill(0xc1)))).toBe('ERR_GUEST_PROTOCOL');
    expect(codeOf(() => decode(new Uint8Array(1e6).fill(0xd8)))).toBe('ERR_GUEST_PROTOCOL');
    const many = Uint8Array.from([0x9a, 0, 0x0f, 0x42, 0x40, ...new Uint8Array(1e6).fill(0xa0)]);
    expect(codeOf(() => decode(many, LIMITS))).toBe('ERR_LIMIT_OUTPUT');
    expect(codeOf(() => decode(many, { ...LIMITS, allowance: 2 ** 26 }))).toBe('none');
  });
});

describe('compared with a maintained library (cborg)', () => {
  const json = fc.jsonValue({ noUnicodeString: false } as never);
  it('it reads what we write, and we read what it writes', () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = concat(encode(value)).slice();
        const theirs = cborg.decode(bytes);
        expect(Object.is(value, -0) ? 0 : theirs).toEqual(Object.is(value, -0) ? 0 : value);
        expect(decode(cborg.encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  it('doubles in short forms and big integers are read', () => {
    fc.assert(
      fc.property(fc.double(), (value) =>
        Object.is(decode(cborg.encode(value)) as number, Object.is(value, -0) ? decode(cborg.encode(-0)) : value),
      ),
    );
    for (const value of [1.5, 65504, 5.960464477539063e-8, Number.NaN, -4.1, 2 ** 60])
      expect(decode(cborg.encode(value))).toEqual(
        typeof value === 'number' && Number.isInteger(value) && value > 2 ** 53 ? expect.anything() : value,
      );
    expect(decode(cborg.encode(2n ** 60n))).toBe(2n ** 60n);
  });
});
