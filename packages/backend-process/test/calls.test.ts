/** Calls and their children: a child for each fresh call, one evaluation for all, and a pool that recovers. */
import { existsSync } from 'node:fs';
import { eventually, fails } from '@colony/conformance';
import { type Context, js, openBackend } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { Journal } from '../src/javascript/journal.js';
import { contexts } from './lib/contexts.js';
import { descendantsOf, signalAll } from './lib/processes.js';

const descendants = () => descendantsOf(process.pid);

const limits = { wallTime: 120_000, cpuTime: 120_000 };
const program = js('let n = 0; export const bump = () => ++n; export const loop = () => { host.here(); for (;;); };');

/** Resolves when the system has ended them and their parents know it. */
const ended = (pids: readonly number[]) =>
  eventually(() => {
    const left = pids.filter((pid) => existsSync(`/proc/${pid}`));
    return left.length === 0 ? undefined : `processes are left: ${left.join(', ')}`;
  });

describe('a child that runs a call', () => {
  let here = () => {};
  const hypercalls = { here: () => here() };
  const create = contexts({ program, hypercalls, policy: { hypercalls: { here: true }, limits } });

  /** Acts on the processes that start with the call, after the one with Node runs. Returns the call's error. */
  async function during(context: Pick<Context, 'call'>, act: (pids: number[]) => void): Promise<unknown> {
    const running = new Promise<void>((resolve) => {
      here = resolve;
    });
    const error = context.call('loop').then(
      () => undefined,
      (thrown) => thrown,
    );
    if ((await Promise.race([running, error])) === undefined) act(descendants());
    return await error;
  }

  it('that is killed fails its call, and the pool recovers', async () => {
    const context = await create({});
    let killed: number[] = [];
    const error = await during(context, (pids) => {
      killed = pids;
      signalAll(pids, 'SIGKILL');
    });
    expect((error as { code?: string }).code).toBe('ERR_GUEST_FAULT');
    // Idle children were killed, too: a call may still get one until the system has ended them.
    await ended(killed);
    for (let i = 0; i < 3; i++) expect(await context.call('bump')).toBe(1);
  }, 300_000);

  it('that is stopped fails its call by the wall time, and the pool recovers', async () => {
    const context = await create({});
    let error: unknown;
    let isStopped = false;
    // A busy machine may use up all of that time before the call runs.
    for (let wallTime = 2000; !isStopped && wallTime < limits.wallTime; wallTime *= 2)
      error = await during(context.with({ limits: { wallTime } }), (pids) => {
        isStopped = true;
        signalAll(pids, 'SIGSTOP');
      });
    expect((error as { code?: string }).code).toBe('ERR_LIMIT_WALL_TIME');
    // Idle children were stopped, too. Calls that get one fail by their wall time, but only as long as there are such
    // children.
    let value: unknown;
    for (let wallTime = 2000; wallTime < limits.wallTime && value === undefined; wallTime *= 2)
      value = await context
        .with({ limits: { wallTime } })
        .call('bump')
        .catch(() => undefined);
    expect(value).toBe(1);
  }, 300_000);

  it('with kept state that is killed fails the next calls, until reset', async () => {
    const context = await create({});
    const kept = context.with({ state: 'keep' });
    const before = new Set(descendants());
    expect(await kept.call('bump')).toBe(1);
    expect(await kept.call('bump')).toBe(2);
    const killed = [...new Set([...before, ...descendants()])];
    signalAll(killed, 'SIGKILL');
    await ended(killed);
    await fails('ERR_GUEST_FAULT', () => kept.call('bump'));
    await fails('ERR_POISONED', () => kept.call('bump'));
    await context.reset();
    expect(await kept.call('bump')).toBe(1);
  }, 300_000);
});

describe('evaluation', () => {
  const create = contexts({});
  const asking = js(
    'export const at = [host.next(), host.next()]; const r = Math.random(); export const get = () => [...at, host.next(), r];',
  );
  const asks = () => {
    let n = 0;
    return {
      program: asking,
      hypercalls: { next: () => ++n },
      policy: { hypercalls: { next: true as const }, random: true, limits },
    };
  };

  it('that asks the host runs once for each context, and calls start from the same state', async () => {
    const context = await create(asks());
    const results = [];
    for (let i = 0; i < 4; i++) results.push((await context.call('get')) as unknown as number[]);
    expect(results.map((result) => result.slice(0, 3))).toStrictEqual([
      [1, 2, 3],
      [1, 2, 4],
      [1, 2, 5],
      [1, 2, 6],
    ]);
    expect(new Set(results.map((result) => result[3])).size, 'what was drawn while evaluating differs').toBe(1);
  }, 300_000);

  it('that asks the host runs for each context separately', async () => {
    const [a, b] = [await create(asks()), await create(asks())];
    expect(((await a.call('get')) as unknown as number[]).slice(0, 3)).toStrictEqual([1, 2, 3]);
    expect(((await b.call('get')) as unknown as number[]).slice(0, 3)).toStrictEqual([1, 2, 3]);
  }, 300_000);

  it('a journal repeats recorded answers, and rejects unrecorded requests', async () => {
    const bytes = (...all: number[]) => new Uint8Array(all);
    const journal = new Journal();
    const record = journal.record((request) =>
      request[0] === 1 ? [bytes(10), bytes(11)] : Promise.resolve([bytes(20)]),
    );
    expect(journal.empty).toBe(true);
    await record(bytes(1));
    await record(bytes(2));
    expect(journal.empty).toBe(false);
    const heard: string[] = [];
    const replay = journal.replay((error) => heard.push(`${error.code} ${error.message}`));
    expect(Buffer.concat(replay(bytes(1)) as Uint8Array[])).toStrictEqual(Buffer.from([10, 11]));
    replay(bytes(3));
    expect(heard[0] ?? '').toMatch(/ERR_GUEST_PROTOCOL.*not evaluated the same way twice.*2\. hypercall/);
    replay(bytes(4));
    expect(heard.length).toBe(2);
  });

  it('of one new program runs once for contexts that are created together', async () => {
    const fresh = js(`export const one = () => ${Math.random()}`);
    await Promise.all(Array.from({ length: 8 }, () => create({ program: fresh, policy: { limits } })));
    const { spares = 0 } = (await openBackend('process')).stats();
    expect(spares, `${spares} children evaluated it`).toBeLessThanOrEqual(1);
  }, 300_000);
});

describe('without contexts', () => {
  const create = contexts({ program, policy: { limits } });

  it('the backend has no children', async () => {
    const made = [await create({}), await create({})];
    await Promise.all(made.map((context) => context.call('bump')));
    await Promise.all(made.map((context) => context.dispose()));
    const backend = await openBackend('process');
    await eventually(() => {
      const [left, { children }] = [descendants().length, backend.stats()];
      return left === 0 && children === 0 ? undefined : `${left} are left, and ${children} in the backend's books`;
    });
  }, 300_000);
});
