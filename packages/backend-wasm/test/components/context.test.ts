/** Components as users run them: `createContext` on the wasm backend. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, type ContextOptions, component, createContext, shutdown } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildComponent } from '../../src/components/transpile.js';
import { ALLOCATOR, build, cacheDir } from './lib.js';

const WIT = `package shop:shop@0.1.0;
interface stock {
  enum problem { not-found, closed }
  record item { name: string, count: u32 }
  find: func(id: u32) -> result<item, problem>;
  total: func() -> u64;
  note: func(text: string) -> result<_, string>;
}
world shop {
  import stock;
  import now: func() -> f64;
  export find: func(id: u32) -> result<string, string>;
  export total: func() -> u64;
  export note: func(text: string) -> result<_, string>;
  export time: func() -> f64;
  export count: func() -> u32;
  export spin: func();
  export grow: func(pages: u32);
  export trap: func();
}`;

const WAT = `(module
  (import "shop:shop/stock@0.1.0" "find" (func $find (param i32 i32)))
  (import "shop:shop/stock@0.1.0" "total" (func $total (result i64)))
  (import "shop:shop/stock@0.1.0" "note" (func $note (param i32 i32 i32)))
  (import "$root" "now" (func $now (result f64)))
  ${ALLOCATOR}
  (global $calls (mut i32) (i32.const 0))
  (func (export "find") (param i32) (result i32)
    (call $find (local.get 0) (i32.const 64))
    (if (result i32) (i32.eqz (i32.load8_u (i32.const 64)))
      (then ;; ok: the item's name
        (i32.store8 (i32.const 128) (i32.const 0))
        (i32.store (i32.const 132) (i32.load (i32.const 68)))
        (i32.store (i32.const 136) (i32.load (i32.const 72)))
        (i32.const 128))
      (else ;; err: its number, as a digit
        (i32.store8 (i32.const 128) (i32.const 1))
        (i32.store8 (i32.const 200) (i32.add (i32.const 48) (i32.load8_u (i32.const 68))))
        (i32.store (i32.const 132) (i32.const 200))
        (i32.store (i32.const 136) (i32.const 1))
        (i32.const 128))))
  (func (export "total") (result i64) (call $total))
  (func (export "note") (param i32 i32) (result i32)
    (call $note (local.get 0) (local.get 1) (i32.const 64)) (i32.const 64))
  (func (export "time") (result f64) (call $now))
  (func (export "count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func (export "spin") (loop $l (br $l)))
  (func (export "grow") (param i32) (drop (memory.grow (local.get 0))))
  (func (export "trap") unreachable))`;

const stock = {
  'stock.find': (id: number) => {
    if (id === 1) return { name: 'soup', count: 3 };
    if (id === 2) throw 'closed';
    if (id === 3) throw Object.assign(new Error('none'), { code: 'not-found' });
    if (id === 4) return { tag: 'err', val: 'not-found' };
    if (id === 5) return { name: 'no count' };
    throw new Error('the database is down');
  },
  'stock.total': () => 12n,
  'stock.note': async (text: string) => {
    if (text === '') throw new Error('an empty note');
  },
  now: () => 1.5,
};
const GRANTS = { 'stock.find': true, 'stock.total': true, 'stock.note': true, now: true } as const;

const failing = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.unreachable(`it gave ${String(value)}`),
    (error) => error,
  );

describe('a component in a context', () => {
  let bytes: Uint8Array;
  const contexts: Context[] = [];
  const create = async (options: Partial<ContextOptions> = {}) => {
    const context = await createContext({
      backend: 'wasm',
      program: component(bytes),
      hypercalls: stock,
      policy: { hypercalls: GRANTS, limits: { wallTime: '1 min', cpuTime: '1 min', memory: '4 MiB' } },
      ...options,
    });
    contexts.push(context);
    return context;
  };

  beforeAll(async () => {
    process.env.COLONY_CACHE_DIR = cacheDir;
    bytes = await build(WIT, WAT);
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.dispose()));
    await shutdown();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it('returns results, in a worker, on this thread and in batches', async () => {
    const context = await create();
    expect(await context.call('find', 1)).toBe('soup');
    expect(context.callSync('find', 1)).toBe('soup');
    expect(await context.callBatch('find', [[1], [1]])).toStrictEqual(['soup', 'soup']);
    expect(context.callSync('total')).toBe(12n);
    expect(await context.call('time')).toBe(1.5);
    expect(await context.call('note', 'a')).toBe(undefined);
  });

  it('throws the error case, with its value', async () => {
    const context = await create();
    for (const [id, digit] of [
      [2, '1'],
      [3, '0'],
      [4, '0'],
    ] as const) {
      const error = await failing(context.call('find', id));
      expect(error.code).toBe('ERR_GUEST_THROWN');
      expect(error.details.guest.value).toBe(digit);
    }
    const error = await failing(context.call('note', ''));
    expect(error.details.guest.value).toBe('an empty note');
  });

  it('ends a call whose host function returns or throws a value outside of the interface', async () => {
    const context = await create();
    const wrong = await failing(context.call('find', 5));
    expect(wrong.message).toMatch(/stock\.find: the host's value\.count must be a number, not undefined/);
    const down = await failing(context.call('find', 6));
    expect(down.code).toBe('ERR_GUEST_THROWN');
    expect(down.message).toMatch(/the database is down/);
    expect((down.cause as Error).message).toBe('the database is down');
    expect(down.details.hypercall).toBe('stock.find');
  });

  it('is denied requests that the policy does not grant', async () => {
    const context = await create({ policy: { hypercalls: { now: true } } });
    expect(await context.call('time')).toBe(1.5);
    for (const call of [() => context.call('find', 1), async () => context.callSync('total')]) {
      const error = await failing(call());
      expect(error.code).toBe('ERR_POLICY_DENIED');
    }
  });

  it('starts afresh for each call, and keeps state within a batch', async () => {
    const context = await create();
    expect([await context.call('count'), await context.call('count'), context.callSync('count')]).toStrictEqual([
      1, 1, 1,
    ]);
    expect(await context.callBatch('count', [[], [], []])).toStrictEqual([1, 2, 3]);
  });

  it('has limits of time and memory, and its traps have codes', async () => {
    const context = await create();
    const brief = context.with({ limits: { wallTime: '300 ms' } });
    expect((await failing(brief.call('spin'))).code).toBe('ERR_LIMIT_WALL_TIME');
    expect((await failing((async () => brief.callSync('spin'))())).code).toBe('ERR_LIMIT_WALL_TIME');
    expect((await failing(context.call('grow', 100))).code).toBe('ERR_LIMIT_MEMORY');
    expect(await context.call('grow', 10)).toBe(undefined);
    expect((await failing(context.call('trap'))).code).toBe('ERR_GUEST_TRAP');
    expect((await failing(context.call('nothing'))).code).toBe('ERR_NO_SUCH_EXPORT');
    expect(await context.call('count')).toBe(1);
  });

  it('reports that it has no snapshots and no kept state, and refuses both', async () => {
    const context = await create();
    const { snapshot, snapshotFile, keepState } = context.capabilities;
    expect({ snapshot, snapshotFile, keepState }).toStrictEqual({
      snapshot: false,
      snapshotFile: false,
      keepState: false,
    });
    expect((await failing(context.snapshot())).code).toBe('ERR_UNSUPPORTED');
    expect((await failing(context.with({ state: 'keep' }).call('count'))).code).toBe('ERR_UNSUPPORTED');
  });

  it('runs from a folder that was built before, without jco', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-prebuilt-'));
    await buildComponent(bytes, folder);
    // With an empty cache, the component can come only from the prebuilt folder.
    const empty = mkdtempSync(join(tmpdir(), 'colony-empty-'));
    process.env.COLONY_CACHE_DIR = empty;
    try {
      const context = await create({ backendOptions: { prebuilt: folder } });
      expect(await context.call('find', 1)).toBe('soup');
      expect(readdirSync(empty).some((name) => readdirSync(join(empty, name)).includes('glue.js'))).toBeFalsy();
      const [entry] = readdirSync(folder);
      writeFileSync(join(folder, entry!, 'glue.js'), `${readFileSync(join(folder, entry!, 'glue.js'))}//`);
      // The different option gives a backend that has not read it yet.
      const error = await failing(create({ backendOptions: { prebuilt: folder, max: 63 } }));
      expect(error.code).toBe('ERR_COMPILE');
      expect(error.message).toMatch(/is damaged: delete it and build it again/);
    } finally {
      process.env.COLONY_CACHE_DIR = cacheDir;
      rmSync(folder, { recursive: true });
      rmSync(empty, { recursive: true });
    }
  });

  it('replaces a damaged entry of the cache', async () => {
    const own = mkdtempSync(join(tmpdir(), 'colony-cache-'));
    const entry = await buildComponent(bytes, own);
    writeFileSync(join(entry, 'glue.js'), 'process.exit(1)');
    mkdirSync(join(own, 'other'));
    process.env.COLONY_CACHE_DIR = own;
    try {
      const context = await create({ backendOptions: { max: 62 } });
      expect(await context.call('find', 1)).toBe('soup');
    } finally {
      process.env.COLONY_CACHE_DIR = cacheDir;
      rmSync(own, { recursive: true });
    }
  });
});
