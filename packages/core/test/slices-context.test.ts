/** Tests large messages of a guest: other work proceeds, calls can be ended meanwhile, and budgets hold. */
import { describe, expect, it } from 'vitest';
import type { BackendModule, RunRequest, RunResult } from '../src/backend.js';
import { ColonyError, type ContextOptions, createContext, js } from '../src/index.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { capabilities } from './fake-backend.js';

type Guest = (request: RunRequest) => Promise<Uint8Array> | Uint8Array;

/** Returns a backend whose guest is a function of the test. */
function scripted(guest: Guest): BackendModule {
  const result = (output: Uint8Array): RunResult => ({
    output,
    usage: { wallTime: 1, cpuTime: 1, memory: 1, dirtyPages: 1 },
  });
  const instance = {
    run: async (request: RunRequest) => result(await guest(request)),
    runSync: (request: RunRequest) => result(guest(request) as Uint8Array),
    snapshot: () => Promise.reject(new Error('none')),
    reset: async () => {},
    dispose: async () => {},
  };
  const backend = {
    name: 'scripted',
    capabilities,
    createInstance: async () => instance,
    stats: () => ({}),
    dispose: async () => {},
  };
  return { name: 'scripted', doctor: async () => [], open: async () => backend };
}

const frame = (value: unknown) => concat(encode(value)).slice();
/** About 2 MiB of values with a high decoding cost: no machine decodes them in the time of one slice. */
const rows = Array.from({ length: 30_000 }, (_, id) => {
  const error = new RangeError(`${id} is out of the range that the function takes`);
  error.stack = '';
  return error;
});
const LARGE = frame([0, rows]);
const isRows = (value: unknown) =>
  (value as Error[]).length === rows.length &&
  (value as Error[]).every(({ message }, i) => message === rows[i]!.message);
const ALL = { output: '64 MiB', bytesOut: '1 GiB', bytesIn: '1 GiB' };

const make = (guest: Guest, options: Partial<ContextOptions> = {}) =>
  createContext({
    backend: scripted(guest),
    program: js`export const f = 1`,
    limits: ALL,
    ...options,
  } as ContextOptions);

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => (error as ColonyError).code,
  );

/** Counts the turns of the event loop until `work` has ended. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  const done = work();
  setImmediate(count);
  await done;
  isOver = true;
  return turns;
}

describe('a large result', () => {
  it('of rows that all failed has an error for each, and other work continues while they are made', async () => {
    const failed = [1, { name: 'Error', message: 'no' }];
    const ROWS = 3000;
    const ctx = await make(() => frame([0, Array(ROWS).fill(failed)]), { sliceAbove: Number.POSITIVE_INFINITY });
    const lists = Array<[]>(ROWS).fill([]);
    const one = await make(() => frame([0, [failed]]));
    const few = await turnsDuring(() => one.callBatchSettled('f', [[]]));
    const turns = await turnsDuring(async () => {
      const outcomes = await ctx.callBatchSettled('f', lists);
      expect(outcomes.map((outcome) => !outcome.ok && outcome.error.details.row)).toEqual(lists.map((_, row) => row));
    });
    expect(turns).toBeGreaterThan(few + 5);
    await expect(ctx.callBatch('f', lists)).rejects.toMatchObject({ details: { row: 0 } });
  });

  it('is the same, and other work continues while it is decoded', async () => {
    const ctx = await make(() => LARGE);
    expect(await turnsDuring(async () => expect(isRows(await ctx.call('f'))).toBe(true))).toBeGreaterThan(1);
    expect(isRows(ctx.callSync('f'))).toBe(true);
    const never = await make(() => LARGE, { sliceAbove: Number.POSITIVE_INFINITY });
    expect(await turnsDuring(() => never.call('f'))).toBeLessThan(2);
  });

  it('shares the event loop with others: one slice in a turn', async () => {
    const ctx = await make(() => LARGE);
    const one = await turnsDuring(() => ctx.call('f'));
    const four = await turnsDuring(() => Promise.all([1, 2, 3, 4].map(() => ctx.call('f'))));
    expect(four).toBeGreaterThan(1.5 * one);
  });

  it('of a batch is the same', async () => {
    const ctx = await make(() =>
      frame([
        0,
        [
          [0, rows],
          [1, { name: 'E', message: 'm' }],
        ],
      ]),
    );
    const [first, second] = await ctx.callBatchSettled('f', [[], []]);
    expect(first?.ok && isRows(first.value)).toBe(true);
    expect(second).toMatchObject({ ok: false, error: { code: 'ERR_GUEST_THROWN' } });
  });

  it('ends with the signal, and with the context', async () => {
    const ctx = await make(() => LARGE);
    const controller = new AbortController();
    const aborted = ctx.with({ signal: controller.signal, state: 'keep' }).call('f');
    const other = ctx.call('f');
    // The first turn starts to decode one of them. No machine decodes one within one slice.
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort('why');
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'why' });
    // The guest had already ended, so its state is whole.
    expect(await codeOf(ctx.with({ state: 'keep' }).call('f'))).toBe('none');
    expect(await codeOf(other)).toBe('none');
    const disposed = ctx.call('f');
    await new Promise((resolve) => setImmediate(resolve));
    await ctx.dispose();
    expect(await codeOf(disposed)).toBe('ERR_DISPOSED');
  });

  it('of kept state is passed on before those of later calls', async () => {
    const outputs = [LARGE, frame([0, 'small'])];
    const ctx = await make(() => outputs.shift()!);
    const keep = ctx.with({ state: 'keep' });
    const order: string[] = [];
    await Promise.all([keep.call('f').then(() => order.push('large')), keep.call('f').then(() => order.push('small'))]);
    expect(order).toEqual(['large', 'small']);
  });

  it('that is malformed, or costs too much, is the same error', async () => {
    const broken = [LARGE.subarray(0, -1), frame([2, rows]), concat([frame([0, rows]), Uint8Array.of(0)]).slice()];
    for (const output of broken) {
      expect(await codeOf((await make(() => output)).call('f'))).toBe('ERR_GUEST_PROTOCOL');
    }
    const dear = new Uint8Array(2 ** 21).fill(0x40);
    dear.set([0x82, 0, 0x9a, 0, 0x1f, 0xff, 0xf9]);
    expect(await codeOf((await make(() => dear)).call('f'))).toBe('ERR_LIMIT_OUTPUT');
  });

  it('the bound is an option', async () => {
    const small = frame([0, [1, 2, 3]]);
    const ctx = await make(() => small, { sliceAbove: '2 B' });
    expect(await turnsDuring(() => ctx.call('f'))).toBeGreaterThan(0);
    for (const sliceAbove of [-1, '1 foo', {}, Number.NaN]) {
      expect(await codeOf(make(() => small, { sliceAbove } as never))).toBe('ERR_BAD_OPTION');
    }
  });
});

describe('large arguments of a hypercall', () => {
  const asked = frame(['h', [rows, 'last']]);
  const asks: Guest = async ({ onHypercall }) => concat([...(await onHypercall(asked))]).slice();
  const granted = { hypercalls: { h: true } } as const;

  it('are the same, and other work continues while they are decoded', async () => {
    const seen: unknown[] = [];
    const ctx = await make(asks, { policy: granted, hypercalls: { h: (...args: unknown[]) => void seen.push(args) } });
    expect(await turnsDuring(() => ctx.call('f'))).toBeGreaterThan(1);
    const [[list, last]] = seen as [[unknown, string]];
    expect([isRows(list), last]).toEqual([true, 'last']);
  });

  it('are decoded in one go in callSync', async () => {
    const guest: Guest = ({ onHypercall }) => concat([...(onHypercall(asked) as Uint8Array[])]).slice();
    const ctx = await make(guest, { policy: granted, hypercalls: { h: (list: unknown[]) => list.length } });
    expect(ctx.callSync('f')).toBe(rows.length);
  });

  it('of simultaneous calls cannot exceed a shared budget', async () => {
    let runs = 0;
    const policy = { hypercalls: { h: { lifetime: { maxCalls: 1 } } } };
    const ctx = await make(asks, { policy, hypercalls: { h: () => ++runs } });
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(ctx.call('f'))));
    expect(codes.sort()).toEqual(['ERR_POLICY_DENIED', 'ERR_POLICY_DENIED', 'none']);
    expect(runs).toBe(1);
  });

  it('are not served once the call has ended', async () => {
    let runs = 0;
    const replies: Promise<Uint8Array[]>[] = [];
    const guest: Guest = async ({ onHypercall }) => {
      replies.push(onHypercall(asked) as Promise<Uint8Array[]>);
      await new Promise((resolve) => setImmediate(resolve));
      throw new ColonyError('ERR_LIMIT_WALL_TIME', 'the backend ended it');
    };
    const ctx = await make(guest, { policy: granted, hypercalls: { h: () => ++runs } });
    expect(await codeOf(ctx.call('f'))).toBe('ERR_LIMIT_WALL_TIME');
    expect(decode(concat([...(await replies[0]!)]))).toMatchObject([1, { code: 'ERR_ABORTED' }]);
    expect(runs).toBe(0);
  });

  it('that are malformed end the call', async () => {
    const broken: Guest = async ({ onHypercall }) => concat([...(await onHypercall(asked.subarray(0, -1)))]).slice();
    const ctx = await make(broken, { policy: granted, hypercalls: { h: () => 1 } });
    expect(await codeOf(ctx.call('f'))).toBe('ERR_GUEST_PROTOCOL');
  });

  it('of a refused name are not decoded', async () => {
    const ctx = await make(asks, { hypercalls: { h: () => 1 } });
    expect(await turnsDuring(() => codeOf(ctx.call('f')))).toBeLessThan(2);
  });
});
