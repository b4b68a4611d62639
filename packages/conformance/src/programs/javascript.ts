/** The suite's program in JavaScript. Most laws use this one program, so that a backend evaluates it once. */
import { js } from '@colony/core';

export const SUITE_FILENAME = 'conformance.mjs';

export const suiteProgram = js(
  `// Line 1 of the program: stack traces are checked against it.
export const echo = (value) => value;
export const add = (a, b) => a + b;
export const count = (...args) => args.length;
export const nothing = () => {};
export const later = async (value) => { await null; return await Promise.resolve(value); };
export const stuck = () => new Promise(() => {});
export default (value) => ['default', value];
export const notAFunction = 7;
export function fail(name, message, extra) { const e = new (globalThis[name] ?? Error)(message); Object.assign(e, extra); throw e; }
export function throwValue(value) { throw value; }
export async function reject(value) { await null; throw value; }
export const strange = { function: () => () => 1, symbol: () => Symbol('s'), weakmap: () => [new WeakMap()], promise: () => ({ p: Promise.resolve(1) }) };
export const giveStrange = (kind) => strange[kind]();
const containers = {
  arrays: (inner) => [inner], objects: (inner) => ({ inner }), maps: (inner) => new Map([[1, inner]]),
  keys: (inner) => new Map([[inner, 1]]), sets: (inner) => new Set([inner]), errors: (inner) => new Error('text', { cause: inner }),
};
const nested = (kind, levels) => { let value = 1n; for (let i = 0; i < levels; i++) value = containers[kind](value); return value; };
export const giveNested = (kind, levels) => nested(kind, levels);
export const askNested = (kind, levels, name) => { host[name](nested(kind, levels)); };

// State: module variables, globals, prototypes, closures.
let counter = 0;
export const bump = () => ++counter;
let kept;
export const keep = (value) => { kept = value; };
export const recall = () => kept;
const closure = (() => { let inside; return { set: (v) => { inside = v; }, get: () => inside }; })();
const hidden = new WeakMap();
const key = {};
export function hide(where, secret) {
  if (where === 'module') kept = secret;
  if (where === 'global') globalThis.secret = secret;
  if (where === 'prototype') Object.defineProperty(Object.prototype, 'secret', { value: secret, configurable: true, enumerable: false });
  if (where === 'array') Array.prototype[7] = secret;
  if (where === 'closure') closure.set(secret);
  if (where === 'symbol') globalThis[Symbol.for('secret')] = secret;
  if (where === 'weakmap') hidden.set(key, secret);
  if (where === 'builtin') JSON.stringify = () => secret;
  if (where === 'regexp') /(.*)/s.exec(secret);
  if (where === 'job') Promise.resolve().then(() => { globalThis.secret = secret; }).then(() => { kept = secret; });
  if (where === 'export') echo.secret = secret;
  if (where === 'heap') { const a = []; for (let i = 0; i < 200; i++) a.push(new Uint8Array(4096).fill(secret.charCodeAt(0)), secret + i); kept = a; }
  return true;
}
export function find() {
  const traces = {
    module: kept, global: globalThis.secret, prototype: ({}).secret, array: [][7], closure: closure.get(),
    symbol: globalThis[Symbol.for('secret')], weakmap: hidden.get(key), builtin: JSON.stringify(1) === '1' ? undefined : 'changed',
    regexp: RegExp.$1 || undefined, export: echo.secret, counter: counter === 0 ? undefined : counter,
  };
  return Object.entries(traces).filter(([, value]) => value !== undefined).map(([name]) => name);
}
/** Memory that was never written must read as zero. */
export function freshMemory(size) {
  let found = 0;
  for (let round = 0; round < 16; round++) for (const byte of new Uint8Array(size)) found |= byte;
  return found;
}

// Hypercalls.
export const ask = (name, ...args) => host[name](...args);
export const askAwait = async (name, ...args) => await host[name](...args);
export function askCaught(name, ...args) {
  try { return { value: host[name](...args) }; }
  catch (e) { return e instanceof Error ? { name: e.name, message: e.message, code: e.code, stack: String(e.stack) } : { thrown: e }; }
}
export const askMany = (name, n) => { const out = []; for (let i = 0; i < n; i++) out.push(host[name](i)); return out; };
export const askAll = async (name, items) => { const out = []; for (const item of items) out.push(await host[name](item)); return out; };
export const keepThenAsk = (value, name) => { kept = value; return host[name](); };

// What the suite's programs in C and Wasm have too, for laws that are told in each.
export const askHost = (n) => host['host.ask'](n);
export const askHostMany = (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += host['host.ask'](i); return sum; };
export const keepThenAskHost = (value) => { kept = value; return host['host.ask'](value); };
export const askHostThenLoop = (n) => { host['host.ask'](n); for (;;); };
export const storm = () => { for (;;) host['host.ask'](0); };
export const hideSecret = (where, secret) => hide(['module', 'global', 'heap', 'closure'][where], String(secret));
export const findSecret = (secret) => find().length;

// What takes long, or much.
export const loop = () => { for (;;); };
export const jobs = () => { const again = () => Promise.resolve().then(again); return again(); };
export const spin = (ms) => { let x = 0; for (let i = 0; i < ms * 20000; i++) x = (x + i) | 0; return x; };
export const keepThenLoop = (value) => { kept = value; for (;;); };
export const allocate = (bytes) => { const a = []; for (let left = bytes; left > 0; left -= 65536) a.push(new Uint8Array(65536).fill(1)); return a.length; };
export const bytes = (n, value = 0) => new Uint8Array(n).fill(value);
export const text = (n) => 'x'.repeat(n);
export const recurse = (n) => n === 0 ? 0 : 1 + recurse(n - 1);
export const sum = (list) => list.reduce((a, b) => a + b, 0);

// Built-in capabilities.
const caught = (work) => { try { return { value: work() }; } catch (e) { return { code: e.code, message: e.message }; } };
export const capability = (name, ...args) => caught(() => ({
  clock: () => Date.now(), monotonic: () => performance.now(), random: () => Math.random(), uuid: () => crypto.randomUUID(), log: () => console.log(...args),
  env: () => colony.env(...args), read: () => colony.fs.readText(...args), write: () => colony.fs.write(...args), list: () => colony.fs.list(...args),
})[name]());
export const fetchCode = async (url) => { try { const r = await fetch(url); return { value: r.status }; } catch (e) { return { code: e.code, message: e.message }; } };
export const globals = () => Object.getOwnPropertyNames(globalThis);
`,
  { filename: SUITE_FILENAME },
);

/** Line of a function in the program, for checks of stack traces. */
export function lineOf(text: string): number {
  const { resolved } = suiteProgram;
  const source = resolved.kind === 'js' ? resolved.source : '';
  return source.slice(0, source.indexOf(text)).split('\n').length;
}
