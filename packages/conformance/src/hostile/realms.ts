/** Escapes from a realm that were found in sandboxes on node:vm. The objects that they search for must be absent. */
import { CODEC, DEADLINE, LOADER, REALM } from './barriers.js';
import { anything, only, type Scenario, THROWN } from './scenario.js';

/**
 * Searches a value and its constructors for objects of Node. Not for `host` itself: every name on it is a function that
 * makes a hypercall. Not within another search, because that would never end.
 */
const LOOK = `const found = []; const look = (v) => { try { for (const g of [v, v?.constructor?.constructor?.('return this')?.()]) for (const n of ['process', 'require', 'mainModule', 'binding', 'Buffer', '__embedder', '__dispatch']) { try { if (g?.[n] !== undefined && typeof g !== 'string') found.push(n); } catch {} } } catch {} };`;

const realm = (name: string, origin: string, body: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  origin,
  stops: REALM,
  program: `${LOOK}\nexport async function attack() { ${body}; return found; }`,
  value: only([]),
  codes: THROWN,
  limits: { wallTime: 2000, cpuTime: 2000 },
  ...more,
});

export const realms: readonly Scenario[] = [
  realm(
    'process.binding, dlopen and the inspector through a global object',
    'Node CVE-2023-32559, CVE-2023-30587; vm2 CVE-2026-47140',
    `const p = (0, eval)('typeof process === "undefined" ? undefined : process'); look(p); for (const m of ['binding', 'dlopen', '_linkedBinding', 'mainModule', 'getBuiltinModule', 'kill']) try { if (p?.[m] !== undefined) found.push(m) } catch {}`,
  ),
  realm(
    'a host exception caught in a promise chain',
    'vm2 CVE-2023-29199, CVE-2023-30547: exceptions that were not wrapped',
    `for (const f of [() => { function r() { r() } r() }, () => null.x, () => new Array(-1), () => JSON.parse('{'), () => host.nothing(), () => 'x'.repeat(2 ** 40), () => BigInt('x'), () => decodeURIComponent('%')]) { try { f() } catch (e) { look(e) } await new Promise((ok) => ok(f())).catch(look) }`,
  ),
  realm(
    "a promise species that gets the host's callbacks",
    'vm2 CVE-2023-37466, CVE-2026-22709',
    `class P extends Promise { static get [Symbol.species]() { return function (run) { run((v) => look(v), (e) => look(e)) } } then(a, b) { look(a); look(b); return super.then(a, b) } }
     const p = (async () => { throw 1 })(); p.constructor = { [Symbol.species]: P }; try { await p.then() } catch {} try { await P.resolve(1).then(look) } catch {} try { await P.reject(host.x).catch(look) } catch {}`,
  ),
  realm(
    'yield* in an async generator that is closed',
    'vm2 CVE-2026-45411',
    `async function* g() { try { yield* { [Symbol.asyncIterator]() { return { next: () => ({ value: 1, done: false }), return: () => ({ then(ok, no) { look(ok); look(no); throw new RangeError('x') } }) } } } } catch (e) { look(e) } } const i = g(); await i.next(); try { await i.return({ then(ok) { look(ok); ok(1) } }) } catch (e) { look(e) }`,
  ),
  realm(
    "an inspection hook that the host's console calls",
    'vm2 CVE-2023-37903: Symbol.for("nodejs.util.inspect.custom")',
    `const o = { [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) { look(options); look(inspect); return 'x' }, get [Symbol.toStringTag]() { return 'x' } }; try { console.log(o) } catch (e) { look(e) } try { host.x(o) } catch (e) { look(e) }`,
  ),
  realm(
    'call sites with functions and receivers',
    'vm2 CVE-2022-36067, CVE-2023-29017',
    `Error.prepareStackTrace = (e, sites) => { for (const s of sites ?? []) for (const m of ['getThis', 'getFunction', 'getTypeName', 'getEvalOrigin']) try { look(s[m]()) } catch {} return '' }; const o = {}; try { Error.captureStackTrace(o); void o.stack } catch {} try { host.nothing() } catch (e) { void e.stack } Promise.reject(new Error('x')).catch((e) => void e.stack); await null`,
  ),
  realm(
    'a proxy in the place of a prototype of the runtime',
    'vm2 CVE-2023-32314: a proxy that the host unwraps',
    `let looking = false; const spy = new Proxy({}, { get(t, k, r) { if (!looking) { looking = true; look(r); looking = false } return undefined }, has(t, k) { return false }, getOwnPropertyDescriptor() { return undefined } }); try { Object.setPrototypeOf(Object.prototype, spy) } catch {} for (const F of [Function, Array, Promise, Error]) try { Object.setPrototypeOf(F.prototype, spy) } catch {} try { host.x({}) } catch (e) { look(e) }`,
  ),
  realm(
    'bound and native functions as constructors',
    'Realms shim (2019): Reflect.construct with a foreign newTarget',
    `for (const f of [Date.now, console.log, Math.random, fetch, crypto.randomUUID, structuredClone, colony.env, host.a, JSON.parse, Object]) { try { look(Reflect.construct(Object, [], f)) } catch (e) { look(e) } try { look(Reflect.construct(Function, ['return this'], f)()) } catch (e) { look(e) } try { look(f.bind()) } catch {} try { look(f.call.call(Function, null, 'return this')()) } catch {} }`,
  ),
  realm(
    'with, unscopables and sloppy functions',
    'safe-eval CVE-2017-16088, n8n CVE-2026-1470',
    `look(new Function('return (function () { return this })()')()); look(new Function('o', 'with (o) { return this }')({ [Symbol.unscopables]: { a: 1 } })); look(new Function('return arguments.callee.caller')()); look((0, eval)('var f = function () { return f.caller }; f()'))`,
  ),
  realm(
    'getters and setters on objects of the runtime',
    'vm2 CVE-2021-23449, CVE-2021-23555: pollution, and host errors in stacks',
    `for (const n of ['name', 'code', 'message', 'stack', 'value', 'then', 'toJSON', 'cause', 'details']) Object.defineProperty(Object.prototype, n, { configurable: true, get() { look(this); return undefined }, set(v) { look(v) } }); try { host.x(1) } catch (e) { look(e) } try { await (async () => host.y())() } catch (e) { look(e) }; for (const n of ['name', 'code', 'message', 'stack', 'value', 'then', 'toJSON', 'cause', 'details']) delete Object.prototype[n]`,
  ),
  realm(
    'WebAssembly, ShadowRealm and workers from within',
    'vm2: code outside the instrumentation (JSPI); Deno worker escapes',
    `for (const n of ['WebAssembly', 'ShadowRealm', 'Worker', 'SharedWorker', 'importScripts', 'XMLHttpRequest', 'Deno', 'Bun', 'postMessage', 'MessageChannel', 'queueMicrotask', 'setTimeout', 'setInterval']) { try { const v = globalThis[n]; look(v); if (v !== undefined && n !== 'queueMicrotask') found.push(n) } catch {} }`,
  ),
  realm(
    'error causes, aggregate errors and disposal',
    'host errors that carry host objects in their fields',
    `for (const f of [() => host.x(), () => { throw new AggregateError([1], 'x', { cause: globalThis }) }, () => Promise.any([])]) try { await f() } catch (e) { look(e); for (const k of Reflect.ownKeys(e)) look(e[k]); look(e.cause); look(e.details) }`,
  ),
  {
    name: 'specifiers that a loader could normalize',
    origin: 'Node CVE-2023-32002, CVE-2023-39332: loaders that are asked in other words',
    stops: LOADER,
    program: `export async function attack() { const got = []; for (const n of ['./../../../../etc/passwd', 'file:////etc/passwd', './%2e%2e/%2e%2e/etc/passwd', 'node:process', 'NODE:fs', 'module', 'data:text/javascript,export%20default%20process', 'blob:x', './main.mjs?x', '.', '', '\\0', 'node:vm', 'node:internal/modules', '#x', 'process']) { for (const load of [() => import(n), () => eval('import(' + JSON.stringify(n) + ')'), () => new Function('n', 'return import(n)')(n)]) try { const m = await load(); if (m.default?.env ?? m.readFileSync ?? m.Script) got.push(n) } catch {} } return got; }`,
    value: only([]),
    codes: THROWN,
  },
  {
    name: 'a module that imports itself and is evaluated again',
    origin: 'module caches that outlive a call',
    stops: LOADER,
    program: `let n = 0; export async function attack() { n++; for (let i = 0; i < 3; i++) try { await import('./colony-hostile.mjs'); await import('./x.mjs'); } catch {} return n; }`,
    value: only(1),
    codes: THROWN,
  },
  {
    name: 'an argument whose fields are read twice',
    origin: 'TOCTOU in marshallers: a getter that gives another value each time',
    stops: CODEC,
    program: `export const attack = () => { let n = 0; return host.note({ get a() { return n++ === 0 ? 1 : 'other' } }); };`,
    hypercalls: () => ({
      note: (value: unknown) => {
        const { a } = value as { a: unknown };
        return a === (value as { a: unknown }).a ? 'same' : 'changed';
      },
    }),
    value: only('same'),
    codes: THROWN,
  },
  {
    name: 'work that goes on after the result',
    origin: 'node:vm: microtasks outlive the timeout; quickjs-emscripten pending jobs',
    stops: DEADLINE,
    program: `export const attack = () => { const f = () => Promise.resolve().then(() => { globalThis.late = (globalThis.late ?? 0) + 1; if (globalThis.late < 1e5) f(); }); f(); return globalThis.late ?? 0; };`,
    value: only(0),
    limits: { wallTime: 2000 },
    codes: ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'],
  },
  {
    name: 'a name for the program that is a path of the host',
    origin: 'stack traces that tell where the host is',
    stops: REALM,
    program: `export function attack() { const s = []; for (const f of [() => host.x(), () => null.x, () => JSON.parse('{'), () => { throw new Error('x') }]) try { f() } catch (e) { s.push(String(e.stack)) } return s.filter((t) => /node_modules|\\/packages\\/|node:internal|\\/root\\/|\\/home\\//.test(t)).map((t) => t.slice(0, 300)); }`,
    value: only([]),
    codes: THROWN,
  },
  {
    name: 'a date, a locale and a time zone of the host',
    origin: 'fingerprints of the host through built-ins',
    stops: REALM,
    program: `export const attack = () => { const d = new Date(2020, 6, 1); return [d.getTimezoneOffset(), d.getHours()]; };`,
    value: only([0, 0]),
    codes: THROWN,
  },
  {
    name: 'numbers that differ from call to call without a grant',
    origin: 'Hyperlight: RNG state that survived; ambient randomness',
    stops: REALM,
    program: `const tried = (f) => { try { return [f()]; } catch (e) { return e.code; } }; export const attack = () => [() => Math.random(), () => Date.now(), () => performance.now(), () => crypto.randomUUID(), () => +new Date(), () => Date().length].map((f) => tried(f)).filter((r) => r !== 'ERR_POLICY_DENIED');`,
    value: only([]),
    codes: THROWN,
  },
  {
    name: 'a hypercall from a job after the call threw',
    origin: 'use of a session that has ended',
    stops: DEADLINE,
    program: `export const attack = () => { Promise.resolve().then(() => host.note('late')).then(() => host.note('later')); throw new Error('now'); };`,
    hypercalls: () => ({ note: () => 1 }),
    codes: THROWN,
    value: anything,
  },
];
