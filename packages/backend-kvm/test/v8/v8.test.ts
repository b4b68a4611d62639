/** JavaScript programs in V8, beyond what the laws say: Node's modules, its event loop, and compiled code. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fails } from '@colony/conformance';
import { type Context, createContext, type ErrorCode, js } from '@colony/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT, probe } from '../lib/kvm.js';

const SOURCE = `
  import crypto, { createHash } from 'node:crypto';
  import { promisify } from 'util';
  import zlib from 'node:zlib';

  export const hash = (text) => createHash('sha256').update(text).digest('hex');
  export const packed = async (text) => (await promisify(zlib.gunzip)(await promisify(zlib.gzip)(text))).toString();
  export const german = (number) => number.toLocaleString('de-DE');
  export const moduleOf = async (name) => Object.keys(await import(name)).length > 0;

  export const late = (ms) => new Promise((resolve) => setTimeout(resolve, ms, 'late'));
  export const order = async () => {
    const seen = [];
    const wait = (name, start) => new Promise((resolve) => start(() => resolve(seen.push(name))));
    await Promise.all([
      wait('timer', (f) => setTimeout(f, 5)), wait('immediate', setImmediate), wait('job', queueMicrotask), wait('tick', process.nextTick),
    ]);
    return seen.join();
  };
  export const boom = () => new Promise(() => setTimeout(() => { throw new TypeError('from a timer'); }, 1));
  export const rejected = () => { Promise.reject(new Error('nobody asks')); return 7; };
  export const exit = (status) => process.exit(status);
  export const emptied = () => new Promise(() => setTimeout(() => {}, 1));

  const before = [crypto.randomBytes(8), crypto.randomUUID(), crypto.randomInt(2 ** 40)];
  export const draw = async () => [
    crypto.randomBytes(8).toString('hex'), crypto.randomUUID(), crypto.randomInt(2 ** 40), crypto.randomInt(-9, 2 ** 40),
    await new Promise((resolve) => crypto.randomInt(2 ** 40, (_, value) => resolve(value))),
    crypto.randomFillSync(new Uint8Array(8)).join(), (await crypto.subtle.exportKey('raw', await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']))).byteLength,
  ];
  export const bounds = () => { for (const args of [[0], [5, 5], [0, 2 ** 50], ['x']]) { try { crypto.randomInt(...args); return args; } catch {} } return crypto.randomInt(5, 6); };

  export const read = async (path) => { const fs = await import('node:fs'); try { return fs.readFileSync(path, 'utf8'); } catch (error) { return error.code; } };
  export const write = async (path, text) => { try { (await import('node:fs')).writeFileSync(path, text); } catch (error) { return error.code; } };

  const add = (await WebAssembly.instantiate(Uint8Array.from(atob('AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags='), (c) => c.charCodeAt(0)))).instance.exports.add;
  export const sum = (a, b) => add(a, b);
  export const pages = (n) => new WebAssembly.Memory({ initial: n }).buffer.byteLength / 65536;

  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
  export { fib };
  for (let i = 0; i < 50; i++) fib(15);
  export const endless = () => { let n = 0; for (;;) n = (n + 1) | 0; };
  export const immediates = () => new Promise(() => { const again = () => setImmediate(again); again(); });
  export const objects = () => { const all = []; for (;;) all.push({ at: all.length }); };
  export const buffers = () => { const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1)); };
  export const code = () => { for (let i = 0; ; i++) { const f = new Function('x', 'return ' + 'x+'.repeat(500) + i); for (let j = 0; j < 500; j++) f(j); } };
  export const deep = () => { const f = () => f(); try { f(); } catch (error) { return error.name; } };
  export const network = () => new Promise((resolve) => import('node:net').then(({ connect }) => connect(80, '127.0.0.1').on('error', (error) => resolve(error.code))));
  export const child = async () => { try { (await import('node:child_process')).execFileSync('/bin/true'); } catch (error) { return error.code; } };
  export const worker = async () => new (await import('node:worker_threads')).Worker('1', { eval: true });
  let kept = 0;
  export const count = () => ++kept;
`;

async function failsWith(code: ErrorCode, work: () => unknown, text: RegExp): Promise<void> {
  expect((await fails(code, work)).message).toMatch(text);
}

describeKvm('V8 in a virtine', () => {
  let context: Context;
  const make = (limits: Record<string, number | string> = {}) =>
    createContext({
      backend: 'kvm',
      engine: 'v8',
      program: js(SOURCE, { filename: 'v8.mjs' }),
      policy: { random: true, limits: { memory: '256 MiB', ...PATIENT, ...limits } },
    });
  beforeAll(async () => {
    context = await make();
  });
  afterAll(() => context?.dispose());

  it("Node's built-in modules and Intl work", async () => {
    expect(await context.call('hash', 'a')).toBe('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb');
    expect(await context.call('packed', 'x'.repeat(100_000))).toBe('x'.repeat(100_000));
    expect(await context.call('german', 1234.5)).toBe('1.234,5');
    for (const name of ['fs', 'node:path', 'node:stream/promises', 'url', 'node:vm', 'node:events', 'buffer'])
      expect(await context.call('moduleOf', name)).toBe(true);
  });

  it('a call ends when its promise settles, by timers and events as by jobs', async () => {
    expect(await context.call('late', 20)).toBe('late');
    expect(context.callSync('late', 1)).toBe('late');
    expect(await context.call('order')).toBe('tick,job,immediate,timer');
    expect(await context.callBatch('late', [[1], [0], [2]])).toEqual(['late', 'late', 'late']);
  });

  it('an exception of a timer is the error of the call that waits', async () => {
    await failsWith('ERR_GUEST_THROWN', () => context.call('boom'), /TypeError: from a timer/);
    expect(await context.call('rejected')).toBe(7);
    await failsWith('ERR_GUEST_THROWN', () => context.call('emptied'), /can never settle/);
  });

  it('a program that exits ends its call, and no other', async () => {
    await failsWith('ERR_GUEST_TRAP', () => context.call('exit', 3), /has ended/);
    expect(await context.call('count')).toBe(1);
    const kept = context.with({ state: 'keep' });
    expect(await kept.call('count')).toBe(1);
    await fails('ERR_GUEST_TRAP', () => kept.call('exit', 0));
    await fails('ERR_POISONED', () => kept.call('count'));
    await context.reset();
    expect(await kept.call('count')).toBe(1);
    await context.reset();
  });

  it('two calls draw different random numbers, of every kind, also if the program drew some before', async () => {
    const [one, other] = [await context.call('draw'), await context.call('draw')] as unknown as [unknown[], unknown[]];
    expect(one.at(-1)).toBe(16);
    for (let i = 0; i < one.length - 1; i++) expect(one[i]).not.toEqual(other[i]);
    expect(await context.call('bounds')).toBe(5);
  });

  it('WebAssembly works, with memories', async () => {
    expect(await context.call('sum', 2, 40)).toBe(42);
    expect(await context.call('pages', 16)).toBe(16);
  });

  it('deadlines end compiled loops and busy event loops, and the next call is right', async () => {
    for (const name of ['endless', 'immediates', 'code']) {
      await fails('ERR_LIMIT_WALL_TIME', () => context.with({ limits: { wallTime: 200 } }).call(name));
      expect(await context.call('fib', 20)).toBe(6765);
    }
    await fails('ERR_LIMIT_CPU_TIME', () => context.with({ limits: { cpuTime: 200 } }).call('endless'));
    expect(context.callSync('fib', 20)).toBe(6765);
  });

  it('the limit of memory is about what the program takes beyond the engine', async () => {
    const small = await make({ memory: '64 MiB' });
    for (const name of ['objects', 'buffers']) {
      await failsWith('ERR_LIMIT_MEMORY', () => small.call(name), /memory of 67108864 bytes: raise limits.memory$/);
      expect(await small.call('count')).toBe(1);
    }
    expect(small.stats().memory).toBeLessThanOrEqual(64 * 2 ** 20);
    await small.dispose();
  });

  it('what a guest has not fails with an error of Node', async () => {
    expect(await context.call('deep')).toBe('RangeError');
    expect(await context.call('network')).toMatch(/^E/);
    expect(await context.call('child')).toBe('ENOSYS');
  });

  it('a snapshot of kept state continues', async () => {
    const kept = context.with({ state: 'keep' });
    await kept.call('count');
    const snapshot = await context.snapshot();
    await context.reset();
    const again = await createContext({
      snapshot,
      policy: { random: true, limits: { memory: '256 MiB', ...PATIENT } },
    });
    expect([again.program.kind, await again.call('count'), await again.call('count')]).toEqual(['v8', 2, 2]);
    expect(await again.call('late', 5)).toBe('late');
    await again.dispose();
    snapshot.dispose();
  });

  it('files are those of the engine and of granted directories, as they are at each call', async () => {
    const [one, other] = [mkdtempSync(join(tmpdir(), 'colony-v8-')), mkdtempSync(join(tmpdir(), 'colony-v8-'))];
    try {
      for (const folder of [one, other]) writeFileSync(join(folder, 'in'), folder);
      const of = (folder: string) =>
        createContext({
          backend: 'kvm',
          engine: 'v8',
          program: context.program,
          policy: { fs: { read: [folder], write: [folder] }, limits: { memory: '256 MiB', ...PATIENT } },
        });
      const [first, second] = [await of(one), await of(other)];
      const kept = first.with({ state: 'keep' });
      for (const caller of [first, kept]) {
        writeFileSync(join(one, 'in'), one);
        expect(await caller.call('read', join(one, 'in'))).toBe(one);
        writeFileSync(join(one, 'in'), 'changed');
        expect(await caller.call('read', join(one, 'in'))).toBe('changed');
        expect(await caller.call('read', join(other, 'in'))).toBe('ENOENT');
      }
      expect(await second.call('read', join(other, 'in'))).toBe(other);
      expect(await second.call('write', join(other, 'out'), 'text')).toBeUndefined();
      expect(readFileSync(join(other, 'out'), 'utf8')).toBe('text');
      expect(await context.call('read', join(one, 'in'))).toBe('ENOENT');
      expect(await context.call('read', '/etc/passwd')).toBe('ENOENT');
      expect(await context.call('read', '/colony/runtime.js')).toMatch(/dispatch/);
      expect(await context.call('write', '/colony/runtime.js', '')).toMatch(/^E/);
      await Promise.all([first.dispose(), second.dispose()]);
    } finally {
      for (const folder of [one, other]) rmSync(folder, { recursive: true });
    }
  });

  it('other backends and other programs refuse the engine, each with the reason', async () => {
    const program = js`export const one = () => 1;`;
    for (const backend of ['wasm', 'process'] as const)
      await failsWith('ERR_UNSUPPORTED', () => createContext({ backend, engine: 'v8', program }), /leave `engine` out/);
    await failsWith(
      'ERR_BAD_OPTION',
      () => createContext({ engine: 'v8', program: probe('basic.c') }),
      /only JavaScript/,
    );
    const missing = createContext({ backend: 'kvm', engine: { v8: '/no/such/node' }, program });
    await failsWith('ERR_COMPILE', () => missing, /no such file/);
    const other = createContext({ backend: 'kvm', engine: { v8: '/bin/true' }, program });
    await failsWith('ERR_GUEST_TRAP', () => other, /has ended/);
  });
});
