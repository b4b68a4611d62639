// Values that no option expects and that break careless code, for tests of functions that read options.
import fc from 'fast-check';

/** @returns {never} */
const fail = () => {
  throw new TypeError('a trap or a getter of the test threw');
};
/** @type {ProxyHandler<any>} */
const TRAPS = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, fail]));

/** @template {object} T @param {T} target @returns {T} */
function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An object that throws when one of these keys is read. @param {readonly string[]} keys @returns {object} */
export function throwing(keys) {
  const value = {};
  for (const key of keys) Object.defineProperty(value, key, { enumerable: true, get: fail });
  return value;
}

function detached() {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

/** @param {string} key */
function cyclic(key) {
  /** @type {Record<string, unknown>} */
  const value = {};
  value[key] = [value];
  return value;
}

/** @param {number} depth */
function nested(depth) {
  /** @type {unknown} */
  let value = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

class Fields {
  x = 1;
  /** @returns {never} */
  get y() {
    return fail();
  }
}

/** Each is made on demand, because some change when they are used. @type {readonly (() => unknown)[]} */
export const ODD = [
  ...[undefined, null, true, false, 0, -0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((v) => () => v),
  ...['', ' ', 'nonsense', '\0', 'a\0b', '__proto__', 'constructor', 'then', '\ud800', 'file://', 'file:///a%00b'].map(
    (v) => () => v,
  ),
  () => 'x'.repeat(1 << 20),
  () => `1${' '.repeat(1 << 20)}!`,
  () => `1/${' '.repeat(1 << 20)}!`,
  () => '('.repeat(1 << 20),
  () => Symbol('odd'),
  () => Symbol.iterator,
  () => 10n,
  () => 10n ** 5000n,
  () => () => undefined,
  () => async () => undefined,
  () => class Odd {},
  () => Math.max,
  () => [],
  () => [undefined],
  () => [Symbol('in a list')],
  () => new Array(2 ** 32 - 1),
  () => nested(5000),
  () => ({}),
  () => Object.create(null),
  () => ({ toString: null, valueOf: null, [Symbol.toPrimitive]: 1 }),
  () => ({ toString: fail, valueOf: fail, toJSON: fail }),
  () => JSON.parse('{"__proto__": {"x": 1}}'),
  () => new Fields(),
  () => new Date(Number.NaN),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => /x/,
  () => new Error('odd'),
  () => new String('boxed'),
  () => new Uint8Array(3),
  () => detached(),
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => new ArrayBuffer(8),
  () => new Float64Array(2),
  () => new URL('https://example.com/x'),
  () => new URL('file://host/x'),
  () => Object.create(URL.prototype),
  () => Object.create(AbortSignal.prototype),
  () => new Proxy(AbortSignal.abort(), {}),
  () => Promise.resolve(1),
  () => ({ then: () => {} }),
  () => ({ then: fail }),
  () => Object.defineProperty({}, 'then', { get: fail }),
  () => throwing(['x', 'name', 'kind', 'resolved', 'all', 'length', 'raw', 'filename', 'flags']),
  () => new Proxy({}, TRAPS),
  () => new Proxy([], TRAPS),
  () => new Proxy(() => {}, TRAPS),
  () => revoked({}),
  () => revoked([]),
  () => revoked(() => {}),
  () => new Proxy({}, { get: () => Symbol('for every key') }),
  () => new Proxy([], { get: (_target, key) => (key === 'length' ? 2 ** 32 : undefined) }),
  () => new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: fail }),
  () => cyclic('all'),
  () => cyclic('self'),
  () => globalThis,
];

/**
 * Makers of values: any plain value, or one of the above, bare or inside another. Makers, because the library inspects
 * the values that it draws.
 * @type {fc.Arbitrary<() => unknown>}
 */
export const oddMaker = fc.oneof(
  fc
    .tuple(
      fc.nat(ODD.length - 1),
      fc.constantFrom('list', 'field', 'getter'),
      fc.constantFrom('x', 'all', 'name', 'fs'),
    )
    .map(([index, place, key]) => () => {
      const make = /** @type {() => unknown} */ (ODD[index]);
      if (place === 'list') return [make()];
      return place === 'field' ? { [key]: make() } : Object.defineProperty({}, key, { enumerable: true, get: make });
    }),
  fc
    .anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    })
    .map((value) => () => value),
);
