/** Guests that want all of something: time, memory, stack, the host's attention. */
import { anything, MEMORY, type Scenario, THROWN, TIME } from './scenario.js';

const MIB = 2 ** 20;
const time = (name: string, body: string): Scenario => ({
  name,
  program: `export const attack = ${body}`,
  codes: TIME,
  limits: { wallTime: 150 },
});
const memory = (name: string, body: string): Scenario => ({
  name,
  program: `export const attack = ${body}`,
  codes: MEMORY,
  limits: { memory: '24 MiB', wallTime: 4000, cpuTime: 4000 },
});

export const exhaustion: readonly Scenario[] = [
  time('a loop without end', `() => { for (;;); }`),
  time('a chain of promises without end', `async () => { for (;;) await null; }`),
  time('jobs that make jobs', `() => new Promise(() => { const f = () => Promise.resolve().then(f); f(); })`),
  time('a regular expression that backtracks', `() => /^(a+)+$/.test('a'.repeat(40) + '!')`),
  time(
    'a sort whose comparison never agrees',
    `() => { for (;;) Array.from({ length: 1000 }, (_, i) => i).sort(() => Math.cos(1) - 0.9); }`,
  ),
  time(
    'one instruction that takes long: bigint power',
    `() => { let x = 3n; for (;;) x = (x ** 999n) % (2n ** 60000n); }`,
  ),
  time('one instruction that takes long: array of holes', `() => { for (;;) new Array(2 ** 32 - 1).indexOf(1); }`),
  time(
    'a try-finally that never lets go',
    `() => { for (;;) { try { throw 1; } catch { continue; } finally { continue; } } }`,
  ),
  {
    name: 'a loop while the program is evaluated',
    program: 'for (;;); export const attack = 1;',
    atStart: true,
    codes: TIME,
    limits: { startTime: 200 },
  },
  {
    name: 'an await at the top that never ends',
    program: 'await new Promise(() => {}); export const attack = 1;',
    atStart: true,
    codes: [...TIME, ...THROWN],
    limits: { startTime: 200 },
  },
  memory('arrays without end', `() => { const a = []; for (;;) a.push(new Array(1000).fill(0)); }`),
  memory('strings that double', `() => { let s = 'x'; for (;;) s += s + 'y'; }`),
  memory('typed arrays without end', `() => { const a = []; for (;;) a.push(new Uint8Array(65536).fill(1)); }`),
  memory('one typed array of 2 GiB', `() => new Uint8Array(2 ** 31 - 1).fill(1).length`),
  memory('a Map without end', `() => { const m = new Map(); for (let i = 0; ; i++) m.set(i, { i }); }`),
  memory(
    'closures without end',
    `() => { let f = () => 0; for (;;) { const g = f; const a = new Array(100); f = () => a + g(); } }`,
  ),
  memory(
    'memory while errors are caught',
    `() => { const a = []; for (;;) { try { a.push('x'.repeat(65536) + a.length); } catch { try { a.push(1); } catch {} } } }`,
  ),
  {
    name: 'memory while the program is evaluated',
    program: 'const a = []; for (;;) a.push(new Uint8Array(65536).fill(1)); export const attack = 1;',
    atStart: true,
    codes: MEMORY,
    limits: { memory: '24 MiB', startTime: 4000 },
  },
  {
    name: 'a stack without end',
    program: 'export function attack() { return attack() + 1; }',
    codes: ['ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', 'ERR_GUEST_FAULT', 'ERR_LIMIT_MEMORY'],
  },
  {
    name: 'a stack without end, caught at every level',
    program: 'export function attack() { try { return attack(); } catch { return attack(); } }',
    codes: [...TIME, ...THROWN, 'ERR_GUEST_TRAP'],
    limits: { wallTime: 300 },
  },
  {
    name: 'a stack without end through native code: JSON, sort, replace, getters',
    program: `export const attack = () => [() => { const f = () => [1, 2].sort(f); f(); }, () => { const f = () => 'a'.replace(/a/, f); f(); }, () => { const o = { toJSON: () => JSON.stringify(o) }; JSON.stringify(o); }, () => { const o = { get a() { return o.a } }; o.a; }, () => { const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x; }, () => { const f = () => Reflect.apply(f, null, []); f(); }].map((f) => { try { f(); return 'ended'; } catch (e) { return e?.name; } });`,
    value: anything,
    codes: [...THROWN, ...TIME, 'ERR_GUEST_TRAP', 'ERR_GUEST_FAULT', 'ERR_LIMIT_MEMORY'],
    limits: { wallTime: 2000, cpuTime: 2000 },
  },
  {
    name: 'a source nested a hundred thousand deep',
    program: `export const attack = ${'('.repeat(100_000)}1${')'.repeat(100_000)};`,
    atStart: true,
    codes: ['ERR_COMPILE', 'ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', 'ERR_LIMIT_MEMORY', 'ERR_GUEST_FAULT'],
  },
  {
    name: 'code made at run time, nested deep',
    program: `export const attack = () => { try { return typeof eval('['.repeat(1e5) + ']'.repeat(1e5)); } catch (e) { return e.name; } };`,
    value: anything,
    codes: [...THROWN, 'ERR_GUEST_TRAP', 'ERR_LIMIT_MEMORY', 'ERR_GUEST_FAULT'],
  },
  {
    name: 'a result larger than the limit',
    program: `export const attack = () => 'x'.repeat(${2 * MIB});`,
    codes: ['ERR_LIMIT_OUTPUT'],
    limits: { output: '1 MiB' },
  },
  {
    name: 'a result of a million objects',
    program: `export const attack = () => Array.from({ length: 3e5 }, () => ({}));`,
    value: anything,
    codes: [...MEMORY, 'ERR_LIMIT_OUTPUT', 'ERR_NOT_SERIALIZABLE', 'ERR_GUEST_PROTOCOL'],
    limits: { wallTime: 3000, cpuTime: 3000 },
  },
  {
    name: 'a batch of results that are large together',
    program: `export const attack = () => Array.from({ length: 64 }, () => new Uint8Array(65536));`,
    codes: ['ERR_LIMIT_OUTPUT'],
    limits: { output: '1 MiB' },
  },
  {
    name: 'a storm of hypercalls',
    program: 'export const attack = () => { for (;;) try { host.note(); } catch {} };',
    hypercalls: () => ({ note: () => 1 }),
    codes: ['ERR_LIMIT_HYPERCALLS', ...TIME],
    limits: { hypercalls: 500, wallTime: 3000 },
  },
  {
    name: 'a storm of hypercalls that are refused',
    program: 'export const attack = () => { for (;;) try { host.refused(); } catch {} };',
    codes: ['ERR_LIMIT_HYPERCALLS', ...TIME],
    limits: { hypercalls: 500, wallTime: 3000 },
  },
  {
    name: 'hypercalls with huge names and arguments',
    program: `export const attack = () => [() => host['x'.repeat(1e6)](), () => host.note('y'.repeat(3e6)), () => host.note(...Array(5000).fill({ a: [1] }))].map((f) => { try { f(); return 1; } catch (e) { return e.code; } });`,
    hypercalls: () => ({ note: () => 1 }),
    codes: ['ERR_LIMIT_OUTPUT'],
    limits: { output: '1 MiB' },
  },
  {
    name: 'hypercalls from within getters, proxies and toString of arguments',
    program: `export const attack = () => host.note({ get a() { return host.note(1); }, b: new Proxy({}, { ownKeys() { host.note(2); return []; } }), get c() { throw new Error('no'); } });`,
    hypercalls: () => ({ note: () => 1 }),
    codes: [...THROWN, 'ERR_NOT_SERIALIZABLE'],
    value: anything,
  },
  {
    name: 'hypercalls whose host function calls back in',
    program: 'export const attack = (n = 0) => host.back(n);',
    hypercalls: () => ({ back: (n: unknown) => ({ echo: n }) }),
    value: anything,
  },
  {
    name: 'a hypercall storm from a finished promise chain',
    program: `export const attack = async () => { const f = async () => { for (let i = 0; i < 1e6; i++) { await host.note(); } }; await Promise.all([f(), f(), f()]); };`,
    hypercalls: () => ({ note: async () => 1 }),
    codes: ['ERR_LIMIT_HYPERCALLS', ...TIME],
    limits: { hypercalls: 300, wallTime: 4000 },
  },
  {
    name: 'many contexts that all loop',
    program: 'export const attack = () => { for (;;); };',
    codes: TIME,
    limits: { wallTime: 400 },
    contexts: 12,
    times: 1,
  },
  {
    name: 'many contexts that all eat memory',
    program: 'export const attack = () => { const a = []; for (;;) a.push(new Uint8Array(65536).fill(1)); };',
    codes: MEMORY,
    limits: { memory: '24 MiB', wallTime: 5000, cpuTime: 5000 },
    contexts: 12,
    times: 1,
  },
  { name: 'a thousand contexts', program: 'export const attack = () => 1;', value: anything, contexts: 1000, times: 1 },
];
