/** A value of each kind that the codec supports, and the words with a meaning in them. */

/** A flag that this TypeScript's target does not have yet. */
const SETS = 'v';
const cycle: unknown[] = [1];
cycle.push(cycle, { cycle });
const shared = { a: [1, 2] };

export const values: readonly unknown[] = [
  [0, 23, 24, 255, 65536, 2 ** 53 - 1, -1, -25, 1.5, -0, Number.NaN, Number.POSITIVE_INFINITY],
  [true, false, null, undefined],
  ['', 'text', 'é€𝄞', 'lone \ud800', 'x'.repeat(70)],
  { a: 1, b: [2], c: { d: null }, 7: 'index', 4294967294: 1, __proto: 2 },
  JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 1}, "then": null}'),
  [0n, 1n, -1n, 2n ** 64n, -(2n ** 100n)],
  [new Date(0), new Date(1.5), new Date(Number.NaN), /a+\p{L}/u, new RegExp('[\\p{L}--q]', SETS)],
  [
    new Map<unknown, unknown>([
      ['a', 1],
      [1, new Map([[{}, 2]])],
      [Number.NaN, 3],
    ]),
    new Set([1, 'a', new Set([0n])]),
  ],
  [new Uint8Array(3), new Uint8Array(100), new Uint8ClampedArray(1), new Uint16Array(2), new Uint32Array(1)],
  [new BigUint64Array(1), new Int8Array(1), new Int16Array(1), new Int32Array(2), new BigInt64Array(1)],
  [new Float32Array(1), new Float64Array(2), new ArrayBuffer(5), new DataView(new ArrayBuffer(9))],
  [Object(1), Object('s'), Object(true), Object(1n)],
  new Error('message', { cause: new TypeError('inner', { cause: 'text' }) }),
  Object.assign(new AggregateError([new RangeError('x')], 'many'), { code: 'E', extra: [1] }),
  cycle,
  [shared, shared, { shared }],
  Array.from({ length: 40 }, (_, id) => ({ id, name: `name ${id}` })),
  new Map(Array.from({ length: 40 }, (_, i) => [i, String(i)])),
];

export const words: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'then', 'length', 'name', 'message', 'stack', 'cause'],
  ...[
    'errors',
    'code',
    'value',
    'Error',
    'AggregateError',
    'DOMException',
    'ArrayBuffer',
    'DataView',
    'Date',
    'BigInt',
  ],
  ...[
    'Boolean',
    'Number',
    'String',
    'u',
    'v',
    'gimsuyd',
    '\\p{RGI_Emoji}',
    '(?:a|aa)*b',
    '[^]',
    '0',
    '1',
    '4294967294',
    '4294967295',
  ],
];
