import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BackendOptions,
  ColonyError,
  type Context,
  type ContextOptions,
  createContext,
  deterministic,
  js,
  registerBackend,
  type ShippedSnapshot,
  Snapshot,
  START_CHANNEL,
  type StartRecord,
  shutdown,
} from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

registerBackend(fakeBackend({ spares: 3 }));
const open: Context<never>[] = [];
afterEach(async () => {
  for (const ctx of open.splice(0)) await ctx.dispose();
});

async function make<E>(options: ContextOptions<E>): Promise<Context<E>> {
  const ctx = await createContext({ backend: 'fake', ...options });
  open.push(ctx as unknown as Context<never>);
  return ctx;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await errorOf(promise);
  return error.code;
}

async function errorOf(promise: Promise<unknown>): Promise<ColonyError> {
  try {
    await promise;
  } catch (error) {
    if (ColonyError.is(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const counter = js`let n = 0; export const next = () => ++n; export const loop = () => { for (;;); }; export const fail = () => { n = 100; throw new RangeError('no') }`;

describe('calls', () => {
  it('call, callSync, callBatch, hypercalls and stats work together', async () => {
    const db = new Map([['a', 1]]);
    const ctx = await make({
      program: js`export function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } export const get = (k) => host.lookup(k)`,
      hypercalls: { lookup: async (key: string) => db.get(key) },
      policy: { hypercalls: { lookup: { maxCalls: 10 } }, limits: { memory: '32 MiB', wallTime: '5 s' } },
    });
    expect(await ctx.call('fib', 10)).toBe(55);
    expect(ctx.callSync('fib', 10)).toBe(55);
    expect(await ctx.callBatch('fib', [[1], [2], [7]])).toEqual([1, 1, 13]);
    expect(await ctx.call('get', 'a')).toBe(1);
    expect(ctx.stats()).toMatchObject({ calls: 4, errors: 0, hypercalls: 1 });
    expect(ctx.exports).toEqual(['fib', 'get']);
  });
  it('fresh calls leave no trace; kept state goes on until reset', async () => {
    const ctx = await make({ program: counter });
    expect([await ctx.call('next'), await ctx.call('next')]).toEqual([1, 1]);
    const keep = ctx.with({ state: 'keep' });
    expect(await Promise.all([keep.call('next'), keep.call('next'), keep.call('next')])).toEqual([1, 2, 3]);
    expect(keep.callSync('next')).toBe(4);
    expect(await ctx.call('next')).toBe(1);
    await ctx.reset();
    expect(await keep.call('next')).toBe(1);
  });
  it('js.fn infers its types', async () => {
    const ctx = await make({ program: js.fn((a: number, b: number) => a * b) });
    const product: number = await ctx.call('default', 6, 7);
    expect(product).toBe(42);
  });
  it('a guest’s error has name, message and stack, and is not an error of Colony', async () => {
    const ctx = await make({
      program: js`export const f = () => { throw new TypeError('bad') }; export const g = () => { throw null }`,
    });
    const error = await errorOf(ctx.call('f'));
    expect(error).toMatchObject({
      code: 'ERR_GUEST_THROWN',
      details: { guest: { name: 'TypeError', message: 'bad' } },
    });
    expect(error.details.guest!.stack).toContain('program.js:1');
    expect((await errorOf(ctx.call('g'))).details.guest).toMatchObject({ value: null });
  });
  it('missing functions, syntax errors and values that cannot cross are errors', async () => {
    const ctx = await make({ program: counter });
    expect(await codeOf(ctx.call('nope'))).toBe('ERR_NO_SUCH_EXPORT');
    expect((await errorOf(ctx.call('next', [{ user: { cb() {} } }]))).message).toContain('args[0][0].user.cb');
    expect(await errorOf(make({ program: js('let a;\nlet = 1') }))).toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringContaining('program.js:2'),
    });
    expect(await codeOf(make({ program: js`throw new Error('at start')` }))).toBe('ERR_GUEST_THROWN');
  });
  it('a batch returns values, or each row’s outcome', async () => {
    const ctx = await make({
      program: js`export const half = (n) => { if (n % 2) throw new Error('odd'); return n / 2 }`,
    });
    expect(await errorOf(ctx.callBatch('half', [[2], [3]]))).toMatchObject({
      code: 'ERR_GUEST_THROWN',
      details: { row: 1 },
    });
    const rows = await ctx.callBatchSettled('half', [[2], [3], [4]]);
    expect(rows.map((row) => (row.ok ? row.value : row.error.code))).toEqual([1, 'ERR_GUEST_THROWN', 2]);
  });
});

describe('limits', () => {
  it('wall time ends only the call', async () => {
    const ctx = await make({ program: counter, limits: { wallTime: '100 ms' } });
    expect(await codeOf(ctx.call('loop'))).toBe('ERR_LIMIT_WALL_TIME');
    expect(await ctx.call('next')).toBe(1);
  });
  it('a limit with kept state poisons the state until reset', async () => {
    const ctx = await make({ program: counter, limits: { wallTime: '100 ms' } });
    const keep = ctx.with({ state: 'keep' });
    await keep.call('next');
    const [cut, queued] = await Promise.allSettled([keep.call('loop'), keep.call('next')]);
    expect([cut, queued].map((r) => (r as PromiseRejectedResult).reason.code)).toEqual([
      'ERR_LIMIT_WALL_TIME',
      'ERR_POISONED',
    ]);
    expect(await codeOf(ctx.call('next'))).toBe('ERR_POISONED');
    await ctx.reset();
    expect(await keep.call('next')).toBe(1);
  });
  it('an error that the guest throws does not poison the state', async () => {
    const keep = (await make({ program: counter })).with({ state: 'keep' });
    expect(await codeOf(keep.call('fail'))).toBe('ERR_GUEST_THROWN');
    expect(await keep.call('next')).toBe(101);
  });
  it('hypercalls, bytes in, bytes out and output are limited, also when the guest swallows the error', async () => {
    const program = js`export const many = () => { for (let i = 0; i < 100; i++) try { host.f(i) } catch {} return 1 }; export const big = (n) => 'x'.repeat(n); export const send = (n) => host.f('x'.repeat(n)); export const get = () => host.g()`;
    const hypercalls = { f: () => 1, g: () => new Uint8Array(5000) };
    const policy = { hypercalls: { f: true, g: true } as const };
    const limits = { hypercalls: 10, bytesIn: 4000, bytesOut: 3000, output: 2000 };
    const ctx = await make({ program, hypercalls, policy, limits });
    expect(await codeOf(ctx.call('many'))).toBe('ERR_LIMIT_HYPERCALLS');
    expect(await codeOf(ctx.call('big', 2500))).toBe('ERR_LIMIT_OUTPUT');
    expect(await codeOf(ctx.call('send', 2500))).toBe('ERR_LIMIT_OUTPUT');
    expect(await codeOf(ctx.call('big', 'x'.repeat(5000)))).toBe('ERR_LIMIT_INPUT');
    expect(await codeOf(ctx.call('get'))).toBe('ERR_LIMIT_INPUT');
    expect(await ctx.call('big', 3)).toBe('xxx');
  });
  it('memory is limited', async () => {
    const program = js`export const eat = () => { const all = []; for (;;) all.push('x'.repeat(1e5) + all.length) }; export const one = () => 1`;
    const ctx = await make({ program, limits: { memory: '8 MiB', wallTime: '2 min', cpuTime: '2 min' } });
    expect(await codeOf(ctx.call('eat'))).toBe('ERR_LIMIT_MEMORY');
    expect(await ctx.call('one')).toBe(1);
  });
  it('a call’s limits only narrow', async () => {
    const ctx = await make({ program: counter, limits: { wallTime: 150 } });
    const started = performance.now();
    expect(await codeOf(ctx.with({ limits: { wallTime: '10 min' } }).call('loop'))).toBe('ERR_LIMIT_WALL_TIME');
    expect(performance.now() - started).toBeLessThan(600_000);
  });
});

describe('host functions', () => {
  const program = js`
    export const call = (...a) => host.f(...a);
    export const code = (...a) => { try { return host.f(...a) } catch (e) { return e instanceof Error ? [e.name, e.message, e.code, e.stack.includes('/')] : ['thrown', e] } }`;
  const policy = { hypercalls: { f: true } as const };
  it.each([
    [new RangeError('r'), ['RangeError', 'r', 'ERR_HYPERCALL_FAILED', false]],
    [Object.assign(new Error('m'), { code: 'ENOPE' }), ['Error', 'm', 'ENOPE', false]],
    [null, ['thrown', null]],
    ['text', ['thrown', 'text']],
    [undefined, ['thrown', undefined]],
    [{ secret: 1 }, ['Error', 'the host function `f` threw an object', 'ERR_HYPERCALL_FAILED', false]],
  ])('that throw %s, at once or later', async (thrown, seen) => {
    for (const f of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const ctx = await make({ program, policy, hypercalls: { f } });
      expect(await ctx.call('code')).toEqual(seen);
    }
  });
  it('an error that leaves the guest uncaught has its cause', async () => {
    const cause = new Error('from the host');
    const ctx = await make({ program, policy, hypercalls: { f: () => Promise.reject(cause) } });
    const error = await errorOf(ctx.call('call'));
    expect(error).toMatchObject({
      code: 'ERR_GUEST_THROWN',
      details: { hypercall: 'f', guest: { code: 'ERR_HYPERCALL_FAILED' } },
    });
    expect(error.cause).toBe(cause);
  });
  it('that never settle are ended by the wall time, with the reason', async () => {
    let signal: AbortSignal | undefined;
    const f = function (this: { signal: AbortSignal }) {
      signal = this.signal;
      return new Promise(() => {});
    };
    const ctx = await make({ program, policy: { ...policy, limits: { wallTime: '5 min' } }, hypercalls: { f } });
    // A slow machine may use all of that time before the host function is called.
    for (let wallTime = 100; wallTime < 60_000 && signal === undefined; wallTime *= 2)
      expect(await codeOf(ctx.with({ limits: { wallTime } }).call('call'))).toBe('ERR_LIMIT_WALL_TIME');
    expect(signal!.aborted).toBe(true);
  });
  it('that return a value that cannot cross', async () => {
    const ctx = await make({ program, policy, hypercalls: { f: () => ({ fn() {} }) } });
    expect(await ctx.call('code')).toMatchObject([
      'ColonyError',
      expect.stringContaining('reply.fn'),
      'ERR_NOT_SERIALIZABLE',
      false,
    ]);
  });
  it('registered but not granted: refused; granted but not registered: refused', async () => {
    const ctx = await make({ program, hypercalls: { f: () => 1 } });
    expect(await codeOf(ctx.call('call'))).toBe('ERR_POLICY_DENIED');
    const other = await make({ program, policy });
    expect(await ctx.call('code')).toMatchObject([
      'ColonyError',
      expect.stringContaining('hypercalls.f'),
      'ERR_POLICY_DENIED',
      false,
    ]);
    expect(await codeOf(other.call('call'))).toBe('ERR_POLICY_DENIED');
  });
  it('a budget is exact with any number of calls at once', async () => {
    const f = () => new Promise((resolve) => setTimeout(resolve, 5, 'ok'));
    const limited = { hypercalls: { f: { lifetime: { maxCalls: 5 } } } };
    const ctx = await make({ program, policy: limited, hypercalls: { f } });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => ctx.call('call')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });
  it('that are sync work in callSync; async ones end the call', async () => {
    const ctx = await make({
      program,
      policy,
      hypercalls: { f: (x: unknown) => (x ? Promise.reject(new Error('late')) : 5) },
    });
    expect(ctx.callSync('call', 0)).toBe(5);
    expect(() => ctx.callSync('call', 1)).toThrow(expect.objectContaining({ code: 'ERR_ASYNC_IN_SYNC' }));
  });
  it('that call the context again may make fresh calls, and are refused calls that would wait for themselves', async () => {
    const ctx: Context = await make({
      program: js`export const outer = (how) => host.f(how); export const inner = () => 'in'`,
      policy,
      hypercalls: {
        f: (how: string) => {
          if (how === 'fresh') return ctx.call('inner');
          if (how === 'sync') return ctx.callSync('inner');
          if (how === 'reset') return ctx.reset();
          return how === 'keepSync'
            ? ctx.with({ state: 'keep' }).callSync('inner')
            : ctx.with({ state: 'keep' }).call('inner');
        },
      },
    });
    const keep = ctx.with({ state: 'keep' });
    expect(await ctx.call('outer', 'fresh')).toBe('in');
    expect(ctx.callSync('outer', 'sync')).toBe('in');
    expect(await ctx.call('outer', 'keep')).toBe('in');
    for (const how of ['keep', 'keepSync', 'reset']) {
      expect((await errorOf(keep.call('outer', how))).details.guest).toMatchObject({ code: 'ERR_REENTRANT' });
    }
    expect(await keep.call('outer', 'fresh')).toBe('in');
  });
  it('that call the context without end are ended', async () => {
    const ctx: Context = await make({
      program,
      // `limits` beside a policy can only narrow it, so the time for a busy machine must be in the policy.
      policy: { ...policy, limits: { wallTime: '5 min', cpuTime: '5 min' } },
      hypercalls: { f: () => ctx.call('call') },
    });
    let error: unknown = await errorOf(ctx.call('call'));
    while ((error as Error).cause !== undefined) error = (error as Error).cause;
    expect(error).toMatchObject({ code: 'ERR_REENTRANT' });
  });
});

describe('ending', () => {
  const program = js`export const wait = () => host.f(); export const one = () => 1`;
  /** Returns a host function that never settles, and the number of its calls. */
  function never() {
    let asked = 0;
    const f = () => {
      asked++;
      return new Promise(() => {});
    };
    const policy = { hypercalls: { f: true }, limits: { wallTime: '5 min' } } as const;
    return {
      options: { hypercalls: { f }, policy },
      untilAsked: (times: number) => expect.poll(() => asked).toBe(times),
    };
  }

  it('abort works before and during a call', async () => {
    const { options, untilAsked } = never();
    const ctx = await make({ program, ...options });
    const reason = new Error('enough');
    const before = await errorOf(ctx.with({ signal: AbortSignal.abort(reason) }).call('one'));
    expect([before.code, before.cause]).toEqual(['ERR_ABORTED', reason]);
    const controller = new AbortController();
    const going = errorOf(ctx.with({ signal: controller.signal }).call('wait'));
    await untilAsked(1);
    controller.abort(reason);
    const during = await going;
    expect([during.code, during.cause]).toEqual(['ERR_ABORTED', reason]);
    expect(await ctx.call('one')).toBe(1);
  });
  it('dispose ends running calls, fails later ones, and may be called twice', async () => {
    const { options, untilAsked } = never();
    const ctx = await make({ program, ...options });
    const going = [
      ctx.call('wait'),
      ctx.with({ state: 'keep' }).call('wait'),
      ctx.with({ state: 'keep' }).call('one'),
    ].map(codeOf);
    await untilAsked(2);
    await Promise.all([ctx.dispose(), ctx.dispose()]);
    expect(await Promise.all(going)).toEqual(['ERR_DISPOSED', 'ERR_DISPOSED', 'ERR_DISPOSED']);
    expect(await codeOf(ctx.call('one'))).toBe('ERR_DISPOSED');
    expect(ctx.stats().calls).toBeGreaterThan(0);
  });
});

describe('capabilities and built-ins', () => {
  it('denied ones throw, and granted ones work', async () => {
    const program = js`export const use = (what) => ({ clock: () => Date.now(), random: () => Math.random(), console: () => console.log('hi\u001b[31m', 1), env: () => colony.env('COLONY_TEST'), other: () => colony.env('PATH') })[what]()`;
    const denied = await make({ program });
    for (const what of ['clock', 'random', 'console', 'env'])
      expect(await codeOf(denied.call('use', what))).toBe('ERR_POLICY_DENIED');
    process.env.COLONY_TEST = 'set';
    const lines: unknown[] = [];
    const policy = { clock: true, random: true, console: true, env: ['COLONY_TEST'] };
    const ctx = await make({ program, policy, console: (level, text) => lines.push([level, text]) });
    const before = Date.now();
    const shown = Number(await ctx.call('use', 'clock'));
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(shown).toBeLessThanOrEqual(Date.now());
    expect(await ctx.call('use', 'random')).not.toBe(await ctx.call('use', 'random'));
    await ctx.call('use', 'console');
    expect(lines).toEqual([['log', 'hi\ufffd[31m 1']]);
    expect(await ctx.call('use', 'env')).toBe('set');
    expect(await codeOf(ctx.call('use', 'other'))).toBe('ERR_POLICY_DENIED');
  });
  it('the preset deterministic returns the same in every call', async () => {
    const ctx = await make({
      program: js`export const f = () => [Date.now(), new Date().toISOString(), Math.random(), crypto.randomUUID(), performance.now()]`,
      policy: deterministic,
    });
    const first = await ctx.call('f');
    expect(first[1]).toBe('2000-01-01T00:00:00.000Z');
    expect(await ctx.call('f')).toEqual(first);
  });
});

describe('snapshots', () => {
  it('a new context starts from a snapshot, also from a file', async () => {
    const ctx = await make({ program: counter });
    await ctx.with({ state: 'keep' }).call('next');
    const snapshot = await ctx.snapshot();
    expect(await (await make({ snapshot })).call('next')).toBe(2);
    const file = join(await mkdtemp(join(tmpdir(), 'colony-')), 'a.snapshot');
    await snapshot.save(file);
    const loaded = await Snapshot.load(file);
    expect(loaded.programHash).toBe(counter.hash);
    await using auto = await createContext({ backend: 'auto', snapshot: loaded });
    expect([auto.backend, await auto.call('next')]).toEqual(['fake', 2]);
    expect(await (await make({ snapshot: loaded })).call('next')).toBe(2);
    await damage(file);
  });
  async function damage(file: string): Promise<void> {
    const bytes = await readFile(file);
    const variants: [number, number, string][] = [
      [0, 0x58, 'ERR_SNAPSHOT_FOREIGN'],
      [8, 9, 'ERR_SNAPSHOT_VERSION'],
      [100, bytes[100]! ^ 1, 'ERR_SNAPSHOT_DAMAGED'],
    ];
    for (const [at, value, code] of variants) {
      const copy = Buffer.from(bytes);
      copy[at] = value;
      await writeFile(`${file}.bad`, copy);
      expect(await codeOf(Snapshot.load(`${file}.bad`))).toBe(code);
    }
    await writeFile(`${file}.bad`, bytes.subarray(0, bytes.length - 1));
    expect(await codeOf(Snapshot.load(`${file}.bad`))).toBe('ERR_SNAPSHOT_DAMAGED');
    await writeFile(`${file}.bad`, '');
    expect(await codeOf(Snapshot.load(`${file}.bad`))).toBe('ERR_SNAPSHOT_FOREIGN');
    expect(await codeOf(Snapshot.load(file, { backend: 'kvm' }))).toBe('ERR_SNAPSHOT_FOREIGN');
  }
});

describe('shipped snapshots', () => {
  const backend = fakeBackend({ engine: 'fake-1' });
  const program = js`export const list = []; list.push(1); export const size = () => list.length`;

  async function shipped(change: Partial<ShippedSnapshot> = {}): Promise<ShippedSnapshot> {
    const file = join(await mkdtemp(join(tmpdir(), 'colony-')), 'a.snapshot');
    const sha256 = await (await (await make({ backend, program })).snapshot()).save(file);
    expect(sha256).toBe(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
    return { file, sha256, backend: 'fake', engine: 'fake-1', ...change };
  }

  it('a context starts from the first that fits, and reports it', async () => {
    const [good, bad] = [await shipped(), await shipped({ sha256: '0'.repeat(64) })];
    const heard: StartRecord[] = [];
    const listen = (record: unknown) => void heard.push(record as StartRecord);
    subscribe(START_CHANNEL, listen);
    const ctx = await make({ backend, program, shipped: [bad, good] });
    unsubscribe(START_CHANNEL, listen);
    const refused = [`ERR_SNAPSHOT_FOREIGN: ${bad.file}: this is another snapshot: its SHA-256 is not ${bad.sha256}`];
    expect(ctx.startedFrom).toEqual({
      backend: 'fake',
      refusedBackends: [],
      kind: 'file',
      file: good.file,
      refused,
      hypercalls: 0,
    });
    expect(heard).toEqual([{ context: ctx.id, program: program.hash, ...ctx.startedFrom }]);
    expect(ctx.exports).toEqual(['size']);
    expect(await ctx.call('size')).toBe(1);
  });

  it('the program is evaluated if none fits', async () => {
    const other = js`export const size = () => 7`;
    const file = join(tmpdir(), 'colony-no-such-file');
    const cases: [Partial<ContextOptions>, RegExp][] = [
      [{ shipped: [await shipped({ file })] }, /no-such-file: it is missing/],
      [{ shipped: [await shipped({ engine: 'fake-0' })] }, /ERR_SNAPSHOT_VERSION: .*another version of the engine/],
      [{ shipped: [await shipped({ backend: 'kvm' })] }, /no snapshot was shipped for the backend 'fake'/],
      [{ shipped: [await shipped()], program: other }, /ERR_SNAPSHOT_FOREIGN: .*another program/],
      [{ shipped: [await shipped()], backend: fakeBackend() }, /ERR_UNSUPPORTED: .*cannot read snapshots/],
    ];
    for (const [options, reason] of cases) {
      const ctx = await make({ backend, program, ...options } as ContextOptions);
      expect(ctx.startedFrom).toMatchObject({
        kind: 'program',
        refused: [expect.stringMatching(reason)],
        hypercalls: 0,
      });
      expect(await ctx.call('size')).toBe(options.program === other ? 7 : 1);
    }
  });

  it('hypercalls of the evaluation are counted, a snapshot in the options is reported, and invalid options are named', async () => {
    const asks = js`export const at = Date.now() + Date.now()`;
    const ctx = await make({ backend, program: asks, policy: { clock: true } });
    expect(ctx.startedFrom).toMatchObject({ kind: 'program', refused: [], hypercalls: 2 });
    expect((await make({ backend, snapshot: await ctx.snapshot() })).startedFrom.kind).toBe('snapshot');
    const error = await errorOf(make({ program, shipped: [{ ...(await shipped()), sha256: 1 as never }] }));
    expect(error).toMatchObject({ code: 'ERR_BAD_OPTION', details: { path: 'options.shipped[0].sha256' } });
  });
});

/** Runs a script with the built core and its dependencies, where no backend can be found. */
async function inFolderWithoutBackends(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'colony-alone-'));
  const own = fileURLToPath(new URL('..', import.meta.url));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@colony/core'), { recursive: true });
  await cp(join(own, 'dist'), join(modules, '@colony/core/dist'), { recursive: true });
  const manifest = await readFile(join(own, 'package.json'), 'utf8');
  await writeFile(join(modules, '@colony/core/package.json'), manifest);
  for (const name of Object.keys(JSON.parse(manifest).dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(own, '../../node_modules', name), join(modules, name));
  }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the registry', () => {
  it('the error for an unknown or unavailable backend has a remedy', async () => {
    const program = counter;
    expect(await errorOf(createContext({ backend: 'kwm', program }))).toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining("'kvm'"),
    });
    registerBackend(
      fakeBackend({
        name: 'ill',
        findings: [{ check: 'device', ok: false, detail: 'not there', remedy: 'Plug it in' }],
      }),
    );
    expect(await errorOf(createContext({ backend: 'ill', program }))).toMatchObject({
      code: 'ERR_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('Plug it in'),
    });
    const findings = [{ check: 'belt', ok: false, optional: true, detail: 'not there', remedy: 'Buy one' }];
    registerBackend(fakeBackend({ name: 'sick', findings }));
    expect((await make({ backend: 'sick', program })).backend).toBe('sick');
  });
  it('the registry has one backend per name and options, and shutdown disposes it', async () => {
    const module = fakeBackend({ name: 'counted' });
    registerBackend(module);
    for (const pool of [{}, {}, { warm: 2 }])
      await (await createContext({ backend: 'counted', program: counter, pool })).dispose();
    expect(module.opened).toBe(2);
    await shutdown();
    expect(module.disposed).toBe(2);
  });
  it('the error for a missing backend names the package to install', { timeout: 300_000 }, async () => {
    const said = await inFolderWithoutBackends(`
      const { createContext, js } = await import('@colony/core');
      const error = await createContext({ backend: 'wasm', program: js\`\` }).catch((thrown) => thrown);
      console.log(error.code, error.message);`);
    expect(said).toContain('ERR_BACKEND_MISSING');
    expect(said).toContain('@colony/backend-wasm is missing');
    // Other people own these names on the public registry.
    expect(said).not.toContain('npm install');
  });
  it('auto records refused backends, and warns once if the boundary is weaker than that of kvm', {
    timeout: 300_000,
  }, async () => {
    const script = (names: readonly string[], backend: string) => `
      import { subscribe } from 'node:diagnostics_channel';
      const { createContext, js, registerBackend } = await import('@colony/core');
      const instance = { run: async () => {}, snapshot: async () => {}, reset: async () => {}, dispose: async () => {} };
      for (const name of ${JSON.stringify(names)}) {
        const capabilities = { programs: ['js'], boundary: 'wasm', mechanisms: [], limits: {} };
        const open = async () => ({ name, capabilities, createInstance: async () => instance, stats: () => ({}), dispose: async () => {} });
        registerBackend({ name, doctor: async () => [], open });
      }
      const warnings = [];
      process.on('warning', ({ code, message, detail }) => warnings.push({ code, text: message + detail }));
      let heard;
      subscribe('colony:start', (record) => { heard = record; });
      const options = { program: js\`\`, ${backend} };
      for (let i = 0; i < 3; i++) await createContext(options);
      const { startedFrom, id } = await createContext(options);
      await new Promise(setImmediate);
      console.log(JSON.stringify({ warnings, startedFrom, same: heard.context === id && heard.refusedBackends.length === startedFrom.refusedBackends.length }));`;
    const run = async (names: readonly string[], backend = '') =>
      JSON.parse(await inFolderWithoutBackends(script(names, backend)));
    const [weaker, named, strongest] = await Promise.all([
      run(['own']),
      run(['own'], "backend: 'own'"),
      run(['own', 'kvm']),
    ]);
    const missing = (backend: string) => ({
      backend,
      reason: expect.stringContaining(`@colony/backend-${backend} is missing`),
    });
    expect(weaker).toMatchObject({
      warnings: [{ code: 'COLONY_WEAKER_WALL', text: expect.stringMatching(/'own'.*kvm: .*backend: 'own'/s) }],
      startedFrom: { backend: 'own', refusedBackends: ['kvm', 'wasm', 'process'].map(missing) },
      same: true,
    });
    expect(named).toMatchObject({ warnings: [], startedFrom: { backend: 'own', refusedBackends: [] } });
    expect(strongest).toMatchObject({ warnings: [], startedFrom: { backend: 'kvm', refusedBackends: [] } });
  });
  it('a backend given as a module is opened as one with a name', async () => {
    const findings = [{ check: 'device', ok: false, detail: 'not there', remedy: 'Plug it in' }];
    expect(await errorOf(createContext({ backend: fakeBackend({ findings }), program: counter }))).toMatchObject({
      code: 'ERR_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('Plug it in'),
    });
    let attempts = 0;
    const module = fakeBackend();
    const flaky = {
      ...module,
      open: async (options: BackendOptions) => {
        if (attempts++ === 0) throw new Error('not yet');
        return await module.open(options);
      },
    };
    expect(await errorOf(createContext({ backend: flaky, program: counter }))).toMatchObject({
      code: 'ERR_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('not yet'),
    });
    for (const x of [1, 1, 2])
      await (await createContext({ backend: flaky, program: counter, backendOptions: { x } })).dispose();
    expect(module.opened).toBe(2);
    await shutdown();
    expect(module.disposed).toBe(2);
  });
  it('data in options is compared by value, and everything else by identity', async () => {
    const module = fakeBackend();
    const [one, other] = [() => 1, () => 1];
    for (const x of [{ a: [1] }, { a: [1] }, { a: [2] }, 1n, 1, '1', one, one, other, Symbol.iterator, Symbol.iterator])
      await (await createContext({ backend: module, program: counter, backendOptions: { x } })).dispose();
    expect(module.opened).toBe(8);
    await shutdown();
  });
  it('a missing capability of a backend is refused', async () => {
    registerBackend(fakeBackend({ name: 'poor', capabilities: { programs: ['wasm'], snapshot: false } }));
    expect(await codeOf(createContext({ backend: 'poor', program: counter }))).toBe('ERR_UNSUPPORTED');
  });
  it('a missing capability for one kind of program is refused', async () => {
    const capabilities = { cells: { js: { snapshot: false, keepState: false }, wasm: { callSync: false } } };
    registerBackend(fakeBackend({ name: 'uneven', capabilities }));
    const ctx = await make({ backend: 'uneven', program: counter });
    expect(ctx.capabilities).toMatchObject({ snapshot: false, keepState: false, callSync: true, programs: ['js'] });
    expect(ctx.capabilities).not.toHaveProperty('cells');
    expect(await codeOf(ctx.snapshot())).toBe('ERR_UNSUPPORTED');
    expect(await codeOf(ctx.with({ state: 'keep' }).call('next'))).toBe('ERR_UNSUPPORTED');
  });
  it('auto passes over backends that do not suit the program or the policy', { timeout: 300_000 }, async () => {
    registerBackend(fakeBackend({ name: 'right', capabilities: { programs: ['component'], boundary: 'process' } }));
    const policy = { isolation: { boundary: ['process'] } } as const;
    const none = await errorOf(createContext({ program: counter, policy: { isolation: { boundary: [] } } }));
    expect(none).toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', message: expect.stringContaining('demands') });
    registerBackend(fakeBackend({ name: 'last', capabilities: { boundary: 'none' } }));
    const ctx = await make({ backend: 'auto', program: counter, policy: { isolation: { boundary: ['none'] } } });
    expect(ctx.backend).toBe('last');
    expect(await codeOf(createContext({ backend: 'last', program: counter, policy }))).toBe('ERR_POLICY_DENIED');
  });
  it('options are checked', async () => {
    expect(await errorOf(createContext({ programme: counter } as never))).toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining('did you mean `program`'),
    });
    expect(await codeOf(createContext({ program: counter, backend: 'fake', policy: { clock: 'yes' } as never }))).toBe(
      'ERR_BAD_POLICY',
    );
    expect(
      await errorOf(createContext({ program: counter, backend: 'fake', limits: { memory: '32 MoB' } })),
    ).toMatchObject({ code: 'ERR_BAD_OPTION', details: { path: 'options.limits.memory' } });
  });
});
