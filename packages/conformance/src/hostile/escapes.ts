/** Attempts to reach the host, the embedder or other code through the language itself. */
import { CODEC, DEADLINE, FRESH, LOADER, NAMES, POLICY, REALM } from './barriers.js';
import { anything, only, type Scenario, THROWN } from './scenario.js';

/** Names that must be absent from a global object, however it is reached. */
const HOSTLY = `const hostly = (g) => ['process', 'require', 'Buffer', '__embedder', '__dispatch', 'module'].filter((n) => { try { return g[n] !== undefined } catch { return false } });`;

export const escapes: readonly Scenario[] = [
  {
    name: 'walk from a value to the Function constructor and its global object',
    origin: 'node:vm, its own documentation; safe-eval CVE-2017-16088',
    stops: REALM,
    program: `${HOSTLY} export const attack = () => [...hostly(({}).constructor.constructor('return this')()), ...hostly((0, eval)('this')), ...hostly(globalThis)];`,
    value: only([]),
  },
  {
    name: 'walk through the constructors of every global',
    origin: 'vm2 and every realm-based sandbox: any leaked host object is enough (CVE-2022-36067)',
    stops: REALM,
    program: `${HOSTLY} export function attack() {
      const seen = new Set([host]); const found = []; const queue = [globalThis];
      while (queue.length > 0 && seen.size < 20000) {
        const o = queue.pop(); if ((typeof o !== 'object' && typeof o !== 'function') || o === null || seen.has(o)) continue; seen.add(o);
        try { found.push(...hostly(o)); } catch {}
        try { queue.push(Object.getPrototypeOf(o)); } catch {}
        for (const k of Reflect.ownKeys(o)) { try { const d = Object.getOwnPropertyDescriptor(o, k); queue.push(d.value, d.get, d.set); } catch {} }
      }
      return found; }`,
    value: only([]),
  },
  {
    name: 'reach the embedder through the runtime of the guest',
    origin: '`caller` and `arguments` walks against sandboxes on node:vm',
    stops: REALM,
    program: `export function attack() {
      const found = [];
      for (const f of [Date.now, Math.random, console.log, fetch, structuredClone, performance.now, host.x, crypto.getRandomValues, colony.env]) {
        for (const key of ['caller', 'callee', 'arguments', '__embedder']) { try { if (f[key] != null) found.push(key); } catch {} }
      }
      return found.concat(typeof __embedder, typeof __dispatch); }`,
    value: only(['undefined', 'undefined']),
  },
  {
    name: 'prepareStackTrace and stack objects',
    origin: 'vm2 CVE-2022-36067 (SandBreak), CVE-2023-29017',
    stops: REALM,
    program: `export function attack() { let got = []; Error.prepareStackTrace = (e, frames) => { for (const f of frames) { try { got.push(typeof f.getThis()); got.push(typeof f.getFunction()); } catch {} } return 'x'; };
      try { host.nothing(); } catch (e) { void e.stack; } return got.filter((t) => t === 'object' ).length; }`,
    value: anything,
    codes: THROWN,
  },
  {
    name: "import of the host's modules",
    origin: 'vm2 CVE-2021-23449: dynamic import made outside the sandbox',
    stops: LOADER,
    program: `export async function attack() { const got = []; for (const n of ['node:fs', 'fs', 'std', 'os', 'qjs:std', 'qjs:os', 'file:///etc/passwd', '/etc/passwd', '../../etc/passwd', 'data:text/javascript,export default 1', 'https://example.com/x.js']) { try { got.push(Object.keys(await import(n))); } catch {} } return got; }`,
    value: only([]),
  },
  {
    name: 'hypercall names that are properties of every object',
    origin: 'prototype lookups in RPC tables; Hyperlight: any registered function was callable',
    stops: NAMES,
    program: `export const attack = () => ['__proto__', 'constructor', 'hasOwnProperty', 'valueOf', 'toString', '__defineGetter__', 'then'].map((n) => { try { return typeof host[n]?.('x'); } catch (e) { return e.code; } });`,
    value: (v) =>
      (v as unknown[]).every((e) => e === 'ERR_POLICY_DENIED' || e === 'undefined' || e === undefined)
        ? undefined
        : `it gave ${JSON.stringify(v)}`,
  },
  {
    name: 'hypercalls with the names of the built-in ones, not granted',
    origin: 'Wasp: an unset policy allows all',
    stops: POLICY,
    program: `export const attack = () => ['colony:fs.read', 'colony:env', 'colony:fetch', 'colony:console', 'colony:clock', 'colony:random', 'colony:x'].map((n) => { try { host[n]('/etc/passwd', 'PATH'); return 'allowed'; } catch (e) { return e.code; } });`,
    value: only(Array(7).fill('ERR_POLICY_DENIED')),
  },
  {
    name: 'redefine host, console and the clock',
    origin: 'sandboxes whose API objects are shared with the host',
    stops: CODEC,
    program: `globalThis.host = { secret: () => 'mine' }; globalThis.console = { log() { throw new Error('x') } }; export function attack() { Date.now = () => { throw 1 }; Object.defineProperty(globalThis, 'performance', { get() { throw 2 } }); return host.secret(); }`,
    value: only('mine'),
    codes: THROWN,
  },
  {
    name: 'forge results with the codes of the host',
    origin: 'errors that are trusted by their fields',
    stops: CODEC,
    program: `export function attack() { const e = new Error('ERR_INTERNAL'); e.name = 'ColonyError'; e.code = 'ERR_INTERNAL'; e.details = { fault: 1 }; throw e; }`,
    codes: THROWN,
  },
  {
    name: 'objects that claim to be ColonyErrors, codec tags and prototypes in a result',
    origin: 'prototype pollution through deserializers (CVE-2018-3728 and its kind)',
    stops: CODEC,
    program: `export const attack = () => JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "code": "ERR_INTERNAL", "name": "ColonyError", "then": null}');`,
    value: (v) =>
      Object.hasOwn(v as object, '__proto__') && ({} as { polluted?: unknown }).polluted === undefined
        ? undefined
        : 'the prototype was changed',
  },
  {
    name: 'a then getter on the result',
    origin: 'vm2 CVE-2023-37466: promises and thenables at the boundary',
    stops: CODEC,
    program: `export const attack = () => ({ get then() { throw new Error('then'); } });`,
    codes: [...THROWN, 'ERR_NOT_SERIALIZABLE'],
    value: anything,
  },
  {
    name: 'a thenable that calls back many times and throws',
    origin: 'vm2 CVE-2023-32314, CVE-2026-22709: callbacks of promises',
    stops: CODEC,
    program: `export const attack = () => ({ then(ok, no) { ok({ then(ok) { ok(1); ok(2); throw 3; } }); no(4); throw 5; } });`,
    value: anything,
    codes: THROWN,
  },
  {
    name: 'a thenable that resolves with itself',
    origin: 'promise resolution without end at the boundary',
    stops: DEADLINE,
    program: `export function attack() { const t = { then(ok) { ok(t); } }; return t; }`,
    codes: [...THROWN, 'ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME', 'ERR_NOT_SERIALIZABLE', 'ERR_LIMIT_MEMORY'],
    limits: { wallTime: 500 },
  },
  {
    name: 'eval and Function make code',
    origin: 'node:vm: code from strings in the host realm',
    stops: REALM,
    program: `export const attack = () => [eval('1+1'), new Function('return this === globalThis')(), (async () => {}).constructor('return 3').name, (function* () {}).constructor('yield 1')().next().value];`,
    value: anything,
    codes: THROWN,
  },
  {
    name: 'WeakRef and FinalizationRegistry',
    origin: 'finalizers that run in the next call (isolated-vm, quickjs-emscripten hosts)',
    stops: FRESH,
    program: `const registry = typeof FinalizationRegistry === 'undefined' ? undefined : new FinalizationRegistry((v) => { globalThis.seen = v; for (;;); }); export function attack() { const before = globalThis.seen; for (let i = 0; i < 50000; i++) { registry?.register({ i }, i); new WeakRef({ i }); } return before === undefined; }`,
    value: only(true),
    codes: ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME', 'ERR_LIMIT_MEMORY', ...THROWN],
    limits: { wallTime: 500 },
  },
  {
    name: 'Atomics.wait without end',
    origin: 'a thread that blocks for ever: Deno and worker pools',
    stops: DEADLINE,
    program: `export const attack = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);`,
    codes: [...THROWN, 'ERR_LIMIT_WALL_TIME', 'ERR_GUEST_TRAP'],
    limits: { wallTime: 300 },
  },
  {
    name: 'a shared buffer as a result',
    origin: 'TOCTOU on shared memory: SharedArrayBuffer through postMessage',
    stops: CODEC,
    program: `export const attack = () => new Uint8Array(new SharedArrayBuffer(8));`,
    codes: [...THROWN, 'ERR_NOT_SERIALIZABLE'],
    value: anything,
  },
  {
    name: 'a detached and a resized buffer as a result',
    origin: 'V8: lengths that change after the check',
    stops: CODEC,
    program: `export function attack() { const a = new Uint8Array(16); try { a.buffer.transfer(); } catch {} const r = new ArrayBuffer(8, { maxByteLength: 64 }); try { const v = new Uint8Array(r); r.resize(2); return [a, v, r]; } catch { return [a] } }`,
    codes: [...THROWN, 'ERR_NOT_SERIALIZABLE'],
    value: anything,
  },
];
