/** Guests that replace the built-ins of their own runtime, and then use the runtime. */
import { CODEC } from './barriers.js';
import { anything, MEMORY, type Scenario, THROWN } from './scenario.js';

/** Whatever the guest changes, the host gets a value or a code, and the next call works. */
const tamper = (
  name: string,
  code: string,
  result = `[1, 'a', { b: [2n, new Map([[1, new Uint8Array(3)]])] }, new Date(0)]`,
): Scenario => ({
  name,
  origin: "sandboxes whose marshalling runs in the guest's realm: vm2, Realms shim, near-membrane",
  stops: CODEC,
  program: `export function attack() { ${code}; return ${result}; }`,
  value: anything,
  codes: [...THROWN, 'ERR_NOT_SERIALIZABLE', 'ERR_GUEST_PROTOCOL', ...MEMORY],
  limits: { wallTime: 500 },
});

export const tampering: readonly Scenario[] = [
  tamper(
    'Array.prototype: push, map, iterator and index setters',
    `Array.prototype.push = Array.prototype.map = Array.prototype[Symbol.iterator] = () => { throw new Error('x') }; Object.defineProperty(Array.prototype, 0, { set() { throw new Error('set') }, get() { return 'got' } })`,
  ),
  tamper(
    'Object.prototype: getters for every name that a codec could ask',
    `for (const k of ['value', 'get', 'set', 'length', 'name', 'message', 'code', 'stack', 'then', 'tag', 'constructor', 'toJSON', '0', '1']) Object.defineProperty(Object.prototype, k, { get() { throw new Error('trap ' + k) }, configurable: true })`,
  ),
  tamper(
    'Object.keys, getOwnPropertyDescriptor, hasOwn, Reflect',
    `for (const o of [Object, Reflect]) for (const k of Reflect.ownKeys(o)) try { o[k] = () => { throw new Error(String(k)) } } catch {}`,
  ),
  tamper(
    'Map, Set, Date and typed array prototypes',
    `for (const C of [Map, Set, Date, Uint8Array, Object.getPrototypeOf(Uint8Array), ArrayBuffer, DataView]) for (const k of Reflect.ownKeys(C.prototype)) try { Object.defineProperty(C.prototype, k, { value() { throw new Error(String(k)) } }) } catch {}`,
  ),
  tamper(
    'Promise.prototype.then and Promise itself',
    `Promise.prototype.then = () => { throw new Error('then') }; globalThis.Promise = function () { throw new Error('P') }`,
    `(async () => { await null; return 1 })()`,
  ),
  tamper(
    'JSON, String.prototype and Function.prototype',
    `JSON.stringify = JSON.parse = () => { throw 1 }; for (const P of [String, Function, Number, Symbol, RegExp]) for (const k of Reflect.ownKeys(P.prototype)) try { P.prototype[k] = () => { throw new Error(String(k)) } } catch {}`,
  ),
  tamper(
    'Error and Symbol.hasInstance',
    `Object.defineProperty(Error, Symbol.hasInstance, { value() { throw new Error('instance') } }); globalThis.Error = undefined; Symbol.iterator; throw { get name() { throw 1 }, get message() { for (;;); } }`,
  ),
  tamper('every global deleted', `for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k] } catch {}`),
  tamper(
    'frozen prototypes',
    `for (const C of [Object, Array, Function, Promise, Map, Uint8Array, Error]) { Object.freeze(C.prototype); Object.freeze(C) } Object.preventExtensions(globalThis)`,
  ),
  tamper(
    'typed array species and length that lie',
    `class Evil extends Uint8Array { static get [Symbol.species]() { throw new Error('species') } get length() { return 2 ** 31 } get byteLength() { return 2 ** 31 } get buffer() { return new ArrayBuffer(1) } }; globalThis.e = new Evil(4); Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'length', { get() { return 1e9 } })`,
    `[globalThis.e, new Uint8Array(8)]`,
  ),
  tamper('getters in the result that throw', '', `({ a: 1, get b() { throw new RangeError('getter') } })`),
  tamper('getters in the result that loop', '', `({ get b() { for (;;); } })`),
  tamper(
    'getters in the result that change it',
    `globalThis.o = { get a() { delete this.z; this.n = this.n + 1 || 1; this['k' + this.n] = 1; return this.n }, z: 1 }`,
    `[o, o]`,
  ),
  tamper(
    'proxies in the result',
    '',
    `[new Proxy({}, { ownKeys() { throw new Error('keys') } }), new Proxy([], { get() { return 2 ** 31 } })]`,
  ),
  tamper(
    'a proxy with keys without end',
    '',
    `new Proxy({}, { ownKeys() { const a = []; for (let i = 0; ; i++) a.push('k' + i); return a } })`,
  ),
  tamper(
    'a proxy whose values are proxies, without end',
    `globalThis.p = () => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ value: p(), enumerable: true, configurable: true }), get: () => p() })`,
    `p()`,
  ),
  tamper('cycles in a result', `globalThis.c = { m: new Map() }; c.c = c; c.m.set(c, [c])`, `c`),
  tamper('a result nested a million deep', `globalThis.d = []; for (let i = 0; i < 1e5; i++) d = [d]`, `d`),
  tamper(
    'a deep error cause and a value thrown deep',
    `let d = {}; for (let i = 0; i < 5e4; i++) d = { d }; throw d`,
    `1`,
  ),
  tamper('sparse arrays of huge length', `globalThis.s = []; s.length = 2 ** 32 - 1`, `s`),
  tamper(
    'a string of lone surrogates, a bigint of a million bits, dates and regexps at their ends',
    '',
    `['\\ud800'.repeat(1000), 2n ** 100000n, new Date(8.64e15), new RegExp('(?:)', 'dgimsuy'), -0, NaN]`,
  ),
  tamper('symbols as keys and as values', '', `({ [Symbol('k')]: 1, v: Symbol.iterator })`),
  tamper('thrown undefined', 'throw undefined'),
  tamper('thrown null', 'throw null'),
  tamper(
    'a thrown proxy',
    `throw new Proxy(new Error('x'), { get() { throw new Error('trap') }, getPrototypeOf() { throw new Error('proto') } })`,
  ),
  tamper(
    'an error message and stack of 8 MiB',
    `const e = new Error('x'.repeat(2 ** 23)); e.stack = 'y'.repeat(2 ** 23); e.name = 'n'.repeat(2 ** 20); throw e`,
  ),
  tamper(
    'an error whose fields are not strings',
    `const e = new Error(); Object.assign(e, { name: { a: 1 }, message: 12n, stack: Symbol('s'), code: [] }); throw e`,
  ),
];
