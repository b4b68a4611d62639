import assert from 'node:assert/strict';
import { js } from '@colony/core';
import fc from 'fast-check';
import { fails, outcome } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, needsAsync, needsKeep, theme } from './define.js';

async function poisoned(t: Tools): Promise<void> {
  const context = await t.context();
  const kept = context.with({ state: 'keep' });
  assert.equal(await kept.call('bump'), 1);
  await fails('ERR_LIMIT_WALL_TIME', () => context.with({ state: 'keep', limits: { wallTime: 50 } }).call('loop'));
  await fails('ERR_POISONED', () => kept.call('bump'));
  await fails('ERR_POISONED', () => context.call('bump'));
  await context.reset();
  assert.equal(await kept.call('bump'), 1);
}

/** The shell of a kept state may serve others later. */
async function failedRunLeavesNothing(t: Tools): Promise<void> {
  const program = js(`
    let kept = [];
    export const bump = (n) => kept.push(n);
    export const hideAndDie = (secret) => { for (let i = 0; ; i++) kept.push(secret + i, new Uint8Array(4096).fill(0x5e)); };
    export const found = () => { let sum = kept.length; for (const byte of new Uint8Array(2 ** 20)) sum += byte; return sum; };
  `);
  // V8 takes some MiB for each kind of object.
  const memory = t.engine === 'v8' ? '64 MiB' : '16 MiB';
  const policy = { limits: { memory, wallTime: 60_000, cpuTime: 60_000 } };
  const context = await t.context({ program, policy });
  const kept = context.with({ state: 'keep' });
  for (let i = 0; i < 4; i++) {
    for (let calls = 0; calls < i; calls++) await kept.call('bump', calls);
    await fails('ERR_LIMIT_MEMORY', () => kept.call('hideAndDie', 'secret'));
    await context.reset();
    for (let calls = 0; calls < 3; calls++) assert.equal(await context.call('found'), 0);
  }
}

/** A model: kept state is a counter, and other operations do not affect it. */
async function model(t: Tools): Promise<void> {
  const context = await t.context();
  const kept = context.with({ state: 'keep' });
  const commands = fc.array(fc.constantFrom('keep', 'fresh', 'reset', 'throw', 'hide'), {
    minLength: 1,
    maxLength: 14,
  });
  await t.property(commands, async (list) => {
    await context.reset();
    let counter = 0;
    for (const command of list) {
      if (command === 'keep') assert.equal(await kept.call('bump'), ++counter);
      if (command === 'fresh') assert.equal(await context.call('bump'), 1);
      if (command === 'throw') await outcome(() => kept.call('throwValue', 1));
      if (command === 'hide') await context.call('hide', 'module', 'x');
      if (command === 'reset') {
        await context.reset();
        counter = 0;
      }
    }
  });
}

async function bigKept(t: Tools): Promise<void> {
  const context = await t.context({ policy: { limits: { memory: '64 MiB', wallTime: 60_000, cpuTime: 60_000 } } });
  const kept = context.with({ state: 'keep' });
  const bytes = new Uint8Array(2 ** 20).map((_, i) => i * 31);
  await kept.call('keep', bytes);
  await context.call('allocate', 2 ** 22);
  assert.deepEqual(await kept.call('recall'), bytes);
}

export const keepState = theme('keep-state', [
  [
    'kept state lasts from call to call',
    async (t) => {
      const context = await t.context();
      const kept = context.with({ state: 'keep' });
      assert.deepEqual([await kept.call('bump'), await kept.call('bump'), await kept.call('bump')], [1, 2, 3]);
      const value = t.kind === 'js' ? { a: [1] } : 77;
      await kept.call('keep', value);
      assert.deepEqual(await kept.call('recall'), value);
    },
    {
      programKinds: EVERYWHERE,
      needs: needsKeep,
      refusal: async (t) => {
        const context = await t.context();
        await fails('ERR_UNSUPPORTED', () => context.with({ state: 'keep' }).call('bump'));
      },
    },
  ],
  [
    'reset drops kept state',
    async (t) => {
      const context = await t.context();
      const kept = context.with({ state: 'keep' });
      await kept.call('bump');
      for (const where of [0, 1, 2]) await kept.call('hideSecret', where, 4711);
      await context.reset();
      assert.equal(await kept.call('findSecret', 4711), 0);
      assert.equal(await kept.call('bump'), 1);
    },
    { programKinds: EVERYWHERE, needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'fresh calls and kept state do not see each other',
    model,
    { needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'calls that keep state run one after the other',
    async (t) => {
      const context = await t.context();
      const kept = context.with({ state: 'keep' });
      assert.deepEqual(
        await Promise.all(Array.from({ length: 10 }, () => kept.call('bump'))),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
    },
    { programKinds: EVERYWHERE, needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'a call with kept state that is cut short poisons the context until reset',
    poisoned,
    { programKinds: EVERYWHERE, needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'a call with kept state that fails leaves nothing for fresh calls',
    failedRunLeavesNothing,
    {
      needs: (f) => needsKeep(f) && f.capabilities.limits.memory,
      needsWhat: 'the backend keeps no state, or limits no memory',
    },
  ],
  [
    'a guest error does not poison',
    async (t) => {
      const kept = (await t.context()).with({ state: 'keep' });
      await kept.call('bump');
      await fails('ERR_GUEST_THROWN', () => kept.call('throwValue', 1));
      assert.equal(await kept.call('bump'), 2);
    },
    { needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'kept state survives other work on the same shells',
    bigKept,
    { needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'kept state waits with its guest for a host function',
    async (t) => {
      const context = await t.context(
        granted({
          'host.ask': async () => {
            await context.call('bump');
            return 5;
          },
        }),
      );
      const kept = context.with({ state: 'keep' });
      assert.equal(await kept.call('keepThenAskHost', 99), 5);
      assert.equal(await kept.call('recall'), 99);
    },
    { programKinds: EVERYWHERE, needs: (f) => needsKeep(f) && needsAsync(f), needsWhat: 'the backend keeps no state' },
  ],
]);
