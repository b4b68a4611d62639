import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { eventually, fails } from '../expect.js';
import { childProcesses, descriptorCount } from '../host.js';
import type { Tools } from '../law.js';
import { assertWithin, timed } from '../patience.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, needsAsync, theme } from './define.js';
import { instanceAtDoor, ONE, requestFor } from './door.js';
import { newStarted, startingContext } from './started.js';

/** Checks the backend's own promise on its instance, because core also stops runs by their signals. */
async function endsRuns(t: Tools): Promise<void> {
  await assertWithin(1500, 'the run went on after dispose', async () => {
    const instance = await instanceAtDoor(t);
    const { started, begin } = newStarted();
    const onHypercall = () => {
      begin();
      return ONE;
    };
    const ended = fails('ERR_DISPOSED', () => instance.run({ ...requestFor('askHostThenLoop', 1), onHypercall }));
    await Promise.race([started, ended]);
    const took = await timed(async () => {
      await instance.dispose();
      await ended;
    });
    await instance.dispose();
    return took;
  });
}

/** How much a pool may grow: a few shells with a few descriptors each. */
const MORE_DESCRIPTORS = 16;
const MORE_CHILDREN = 4;

const held = () => ({ descriptors: descriptorCount(), children: childProcesses() });
/** Equal observations in a row, because pools fill in the background. */
const LOOKS = 6;

async function whenAtRest(): Promise<ReturnType<typeof held>> {
  let last = held();
  let looks = 0;
  await eventually(() => {
    const now = held();
    looks = isDeepStrictEqual(now, last) ? looks + 1 : 0;
    last = now;
    return looks < LOOKS ? 'pools are not at rest' : undefined;
  });
  return last;
}

/**
 * Makes and disposes of contexts with kept state: nothing may remain, neither in the backend's statistics nor outside.
 */
async function givesBack(t: Tools): Promise<void> {
  const cycle = async (n: number) => {
    for (let i = 0; i < n; i++) {
      const context = await t.context();
      if (t.capabilities.keepState) await context.with({ state: 'keep' }).call('bump');
      else await context.call('bump');
      await context.dispose();
    }
  };
  await cycle(12); // fills pools and caches
  const before = await whenAtRest();
  await cycle(40);
  await eventually(() => {
    const children = childProcesses() - before.children;
    const descriptors = descriptorCount() - before.descriptors;
    if (children > MORE_CHILDREN) return `40 contexts left ${children} child processes behind`;
    // Each child of a pool has its pipes.
    return descriptors > MORE_DESCRIPTORS + 3 * Math.max(0, children)
      ? `40 contexts left ${descriptors} file descriptors behind`
      : undefined;
  }, 3000);
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
    { programKinds: EVERYWHERE },
  ],
  [
    'dispose ends running calls',
    async (t) => {
      await assertWithin(1500, 'the calls went on after dispose', async () => {
        const { context, started } = await startingContext(t);
        // One started call is enough, because a backend may let the others wait.
        const calls = [1, 2, 3].map((n) => fails('ERR_DISPOSED', () => context.call('askHostThenLoop', n)));
        await Promise.race([started, ...calls]);
        return await timed(async () => {
          await context.dispose();
          await Promise.all(calls);
        });
      });
    },
    { programKinds: EVERYWHERE },
  ],
  [
    'dispose ends a call that waits for a host function',
    async (t) => {
      let asked = () => {};
      const waiting = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const hang = () => {
        asked();
        return new Promise(() => {});
      };
      const context = await t.context(granted({ 'host.ask': hang }));
      const call = fails('ERR_DISPOSED', () => context.call('askHost', 1));
      await waiting;
      await context.dispose();
      await call;
    },
    { needs: needsAsync, programKinds: EVERYWHERE },
  ],
  ["a backend's instance ends its runs when it is disposed", endsRuns, { programKinds: EVERYWHERE }],
  ['a disposed context releases everything that it held', givesBack, { programKinds: EVERYWHERE }],
  [
    'leaving an `await using` block disposes',
    async (t) => {
      const context = await t.context();
      await context[Symbol.asyncDispose]();
      await fails('ERR_DISPOSED', () => context.call('add', 1, 2));
    },
  ],
  [
    'other contexts of the same program continue',
    async (t) => {
      const [a, b] = [await t.context(), await t.context()];
      await a.dispose();
      assert.equal(await b.call('add', 1, 2), 3);
    },
    { programKinds: EVERYWHERE },
  ],
]);
