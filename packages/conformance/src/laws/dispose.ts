import assert from 'node:assert/strict';
import { eventually, fails, sleep } from '../expect.js';
import { descriptorCount } from '../host.js';
import type { Tools } from '../law.js';
import { granted } from '../programs.js';
import { needsAsync, theme } from './define.js';
import { instanceAtDoor, requestFor } from './door.js';

/** The backend's own promise, at its door: core stops runs by their signals besides. */
async function endsRuns(t: Tools): Promise<void> {
  const instance = await instanceAtDoor(t);
  const ended = fails('ERR_DISPOSED', () => instance.run(requestFor('loop')));
  await sleep(50);
  const started = performance.now();
  await instance.dispose();
  await ended;
  assert.ok(performance.now() - started < 1500, 'the run went on after dispose');
  await instance.dispose();
}

/** Contexts with kept state, made and disposed: nothing may stay behind. */
async function givesBack(t: Tools): Promise<void> {
  const cycle = async (n: number) => {
    for (let i = 0; i < n; i++) {
      const context = await t.context();
      if (t.capabilities.keepState) await context.with({ state: 'keep' }).call('bump');
      else await context.call('bump');
      await context.dispose();
    }
  };
  await cycle(12); // pools and caches fill
  await sleep(100);
  const before = descriptorCount();
  await cycle(40);
  // What a pool may hold more than before: a few shells of a few descriptors.
  await eventually(
    () =>
      descriptorCount() > before + 16
        ? `40 contexts left ${descriptorCount() - before} file descriptors behind`
        : undefined,
    3000,
  );
}

export const dispose = theme('dispose', [
  [
    'a disposed context refuses everything, and dispose may be called again',
    async (t) => {
      const context = await t.context();
      await context.dispose();
      await context.dispose();
      await fails('ERR_DISPOSED', () => context.call('add', 1, 2));
      await fails('ERR_DISPOSED', () => context.callBatch('add', [[1, 2]]));
      await fails('ERR_DISPOSED', () => context.reset());
      await fails('ERR_DISPOSED', () => context.with({}).call('add', 1, 2));
    },
  ],
  [
    'dispose ends the calls that are going on',
    async (t) => {
      const context = await t.context({ policy: { limits: { wallTime: 5000, cpuTime: 5000 } } });
      const calls = [1, 2, 3].map(() => fails('ERR_DISPOSED', () => context.call('loop')));
      await sleep(30);
      const started = performance.now();
      await context.dispose();
      await Promise.all(calls);
      assert.ok(performance.now() - started < 1500);
    },
  ],
  [
    'dispose ends a call that waits for a host function',
    async (t) => {
      const context = await t.context(granted({ hang: () => new Promise(() => {}) }));
      const call = fails('ERR_DISPOSED', () => context.call('ask', 'hang'));
      await sleep(30);
      await context.dispose();
      await call;
    },
    { needs: needsAsync },
  ],
  ["a backend's instance ends its runs when it is disposed", endsRuns],
  ['a disposed context gives back what it held', givesBack],
  [
    'leaving an `await using` block disposes',
    async (t) => {
      const context = await t.context();
      await context[Symbol.asyncDispose]();
      await fails('ERR_DISPOSED', () => context.call('add', 1, 2));
    },
  ],
  [
    'other contexts of the same program go on',
    async (t) => {
      const [a, b] = [await t.context(), await t.context()];
      await a.dispose();
      assert.equal(await b.call('add', 1, 2), 3);
    },
  ],
]);
