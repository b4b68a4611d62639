/** Calls, and the children behind them: a child for each fresh call, one evaluation for all, and a pool that heals. */
import assert from 'node:assert/strict';
import { fails, sleep } from '@colony/conformance';
import { type Context, js, openBackend } from '@colony/core';
import { describe, it } from 'vitest';
import { Journal } from '../src/node-cell/journal.js';
import { contexts } from './lib/contexts.js';
import { descendantsOf, signalAll } from './lib/processes.js';

const descendants = () => descendantsOf(process.pid);

const limits = { wallTime: 20_000, cpuTime: 20_000 };
const program = js('let n = 0; export const bump = () => ++n; export const loop = () => { for (;;); };');

describe('a child that runs a call', () => {
  const create = contexts({ program, policy: { limits } });

  /** The processes that come with the call, of which one runs Node. */
  async function during(context: Context, act: (pids: number[]) => void): Promise<unknown> {
    const call = context
      .with({ limits: { wallTime: 4000 } })
      .call('loop')
      .then(
        () => undefined,
        (error) => error,
      );
    await sleep(1000);
    act(descendants());
    return await call;
  }

  it('and is killed fails its call, and the pool heals', async () => {
    const context = await create({});
    const error = await during(context, (pids) => {
      signalAll(pids, 'SIGKILL');
    });
    assert.equal((error as { code?: string }).code, 'ERR_GUEST_FAULT');
    // Spares were killed, too: until the system has ended them, a call may get one.
    await sleep(300);
    for (let i = 0; i < 3; i++) assert.equal(await context.call('bump'), 1);
  }, 300_000);

  it('and is stopped fails its call by the wall time, and the pool heals', async () => {
    const context = await create({});
    const error = await during(context, (pids) => {
      signalAll(pids, 'SIGSTOP');
    });
    assert.equal((error as { code?: string }).code, 'ERR_LIMIT_WALL_TIME');
    // Spares were stopped, too: calls that get one fail by their wall time, and no longer than there are such spares.
    let value: unknown;
    for (let i = 0; i < 4 && value === undefined; i++)
      value = await context
        .with({ limits: { wallTime: 3000 } })
        .call('bump')
        .catch(() => undefined);
    assert.equal(value, 1);
  }, 300_000);

  it('with kept state and is killed makes the next call say so, until reset', async () => {
    const context = await create({});
    const kept = context.with({ state: 'keep' });
    const before = new Set(descendants());
    assert.equal(await kept.call('bump'), 1);
    assert.equal(await kept.call('bump'), 2);
    signalAll(new Set([...before, ...descendants()]), 'SIGKILL');
    await sleep(300);
    await fails('ERR_GUEST_FAULT', () => kept.call('bump'));
    await fails('ERR_POISONED', () => kept.call('bump'));
    await context.reset();
    assert.equal(await kept.call('bump'), 1);
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

  it('that asks the host is done once for a context: its calls start from the same state', async () => {
    const context = await create(asks());
    const results = [];
    for (let i = 0; i < 4; i++) results.push((await context.call('get')) as unknown as number[]);
    assert.deepEqual(
      results.map((each) => each.slice(0, 3)),
      [
        [1, 2, 3],
        [1, 2, 4],
        [1, 2, 5],
        [1, 2, 6],
      ],
    );
    assert.equal(new Set(results.map((each) => each[3])).size, 1, 'what was drawn while evaluating differs');
  }, 300_000);

  it('that asks the host is done for each context by itself', async () => {
    const [a, b] = [await create(asks()), await create(asks())];
    assert.deepEqual(((await a.call('get')) as unknown as number[]).slice(0, 3), [1, 2, 3]);
    assert.deepEqual(((await b.call('get')) as unknown as number[]).slice(0, 3), [1, 2, 3]);
  }, 300_000);

  it('a journal repeats what was said, and hears of what was not', async () => {
    const bytes = (...all: number[]) => new Uint8Array(all);
    const journal = new Journal();
    const record = journal.record((request) =>
      request[0] === 1 ? [bytes(10), bytes(11)] : Promise.resolve([bytes(20)]),
    );
    assert.equal(journal.empty, true);
    await record(bytes(1));
    await record(bytes(2));
    assert.equal(journal.empty, false);
    const heard: string[] = [];
    const replay = journal.replay((error) => heard.push(`${error.code} ${error.message}`));
    assert.deepEqual(Buffer.concat(replay(bytes(1)) as Uint8Array[]), Buffer.from([10, 11]));
    replay(bytes(3));
    assert.match(heard[0] ?? '', /ERR_GUEST_PROTOCOL.*not evaluated the same way twice.*2\. hypercall/);
    replay(bytes(4));
    assert.equal(heard.length, 2);
  });

  it('of one new program for contexts that are created together is done once', async () => {
    const fresh = js(`export const one = () => ${Math.random()}`);
    await Promise.all(Array.from({ length: 8 }, () => create({ program: fresh, policy: { limits } })));
    const { spares = 0 } = (await openBackend('process')).stats();
    assert.ok(spares <= 1, `${spares} children evaluated it`);
  }, 300_000);
});

describe('without contexts', () => {
  const create = contexts({ program, policy: { limits } });

  it('there are no children', async () => {
    const made = [await create({}), await create({})];
    await Promise.all(made.map((context) => context.call('bump')));
    await Promise.all(made.map((context) => context.dispose()));
    for (let i = 0; i < 100 && descendants().length > 0; i++) await sleep(50);
    assert.deepEqual(descendants(), []);
    assert.equal((await openBackend('process')).stats()['children'], 0);
  }, 300_000);
});
