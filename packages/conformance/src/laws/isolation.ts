import assert from 'node:assert/strict';
import type { Context } from '@colony/core';
import fc from 'fast-check';
import { outcome } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, MACHINE, needsKeep, theme } from './define.js';

/** Places where `hide` of the suite's program can leave something. */
const PLACES = [
  'module',
  'global',
  'prototype',
  'array',
  'closure',
  'symbol',
  'weakmap',
  'builtin',
  'regexp',
  'job',
  'export',
  'heap',
] as const;
const place = fc.constantFrom(...PLACES);
const secret = fc.string({ minLength: 8, maxLength: 40 });

async function noTrace(context: Context, what: string): Promise<void> {
  assert.deepEqual(await context.call('find'), [], `${what} left traces`);
}

async function everyPlace(t: Tools): Promise<void> {
  const context = await t.context();
  for (const where of PLACES) {
    await context.call('hide', where, 'a secret of the last call');
    await noTrace(context, `a call that wrote to "${where}"`);
  }
  await context.call('bump');
  assert.equal(await context.call('bump'), 1);
}

/** `run; run == fresh run`, whatever happened between, and however it ended. */
async function generatedHistory(t: Tools): Promise<void> {
  const step = fc.oneof(
    fc.record({ do: fc.constant('hide' as const), where: place, secret }),
    fc.record({ do: fc.constantFrom('bump', 'throw', 'missing', 'denied', 'grow', 'timeout') }),
  );
  const context = await t.context();
  await t.property(
    fc.array(step, { minLength: 1, maxLength: 8 }),
    async (steps) => {
      for (const act of steps) await perform(context, act);
      await noTrace(context, JSON.stringify(steps));
    },
    { weight: 0.6 },
  );
}

async function perform(context: Context, step: { do: string; where?: string; secret?: string }): Promise<void> {
  switch (step.do) {
    case 'hide':
      await outcome(() => context.call('hide', step.where, step.secret));
      return;
    case 'bump':
      assert.equal(await context.call('bump'), 1);
      return;
    case 'throw':
      await outcome(() => context.call('throwValue', 'x'));
      return;
    case 'missing':
      await outcome(() => context.call('no such function'));
      return;
    case 'denied':
      await outcome(() => context.call('keepThenAsk', 'a secret', 'denied'));
      return;
    case 'grow':
      await outcome(() => context.call('allocate', 4 * 2 ** 20));
      return;
    default:
      await outcome(() => context.with({ limits: { wallTime: 5 } }).call('keepThenLoop', 'a secret'));
  }
}

async function cutShort(t: Tools): Promise<void> {
  const context = await t.context({ ...granted({ fine: () => 1 }), limits: { wallTime: 60_000, cpuTime: 60_000 } });
  await outcome(() => context.with({ limits: { wallTime: 30 } }).call('keepThenLoop', 'secret'));
  await noTrace(context, 'a call that ran out of time');
  await outcome(() => context.with({ signal: AbortSignal.timeout(30) }).call('keepThenLoop', 'secret'));
  await noTrace(context, 'a call that was aborted');
  await outcome(() => context.call('keepThenAsk', 'secret', 'denied'));
  await noTrace(context, 'a call that was refused something');
  if (t.capabilities.limits.memory) await outcome(() => context.call('allocate', 2 ** 30));
  await noTrace(context, 'a call that ran out of memory');
}

/** Every context has its own secret; concurrent calls hide and search, in any order. */
async function interleaved(t: Tools): Promise<void> {
  const contexts = await Promise.all([0, 1, 2].map(() => t.context()));
  const action = fc.record({ who: fc.nat(contexts.length - 1), look: fc.boolean(), where: place, secret });
  await t.property(
    fc.array(action, { minLength: 2, maxLength: 12 }),
    async (actions) => {
      await Promise.all(
        actions.map(async ({ who, look, where, secret: text }) => {
          const context = contexts[who]!;
          if (look) await noTrace(context, 'a call going on beside it');
          else await context.call('hide', where, text);
        }),
      );
    },
    { weight: 0.6 },
  );
}

async function keptApart(t: Tools): Promise<void> {
  const contexts = await Promise.all(Array.from({ length: 4 }, () => t.context()));
  const kept = contexts.map((context) => context.with({ state: 'keep' }));
  await t.property(
    fc.array(fc.nat(contexts.length - 1), { minLength: 1, maxLength: 16 }),
    async (turns) => {
      const results = await Promise.all(turns.map((who) => kept[who]!.call('bump')));
      const expected = contexts.map(() => 0);
      assert.deepEqual(
        results,
        turns.map((who) => ++expected[who]!),
      );
      for (const context of contexts) await noTrace(context, 'kept state');
      await Promise.all(contexts.map((context) => context.reset()));
    },
    { weight: 0.4 },
  );
}

const OF_EMBEDDERS = ['require', 'module', '__embedder', '__dispatch', 'Deno', 'scriptArgs', 'std', 'os', 'bjson'];
const OF_NODE = ['process', 'Buffer', 'setTimeout', 'WebAssembly'];

async function nothingOfTheHost(t: Tools): Promise<void> {
  const context = await t.context();
  const names = (await context.call('globals')) as unknown as string[];
  // A Node inside is the guest's own.
  for (const name of t.engine === 'v8' ? OF_EMBEDDERS : [...OF_EMBEDDERS, ...OF_NODE]) {
    assert.ok(!names.includes(name), `the guest has a global ${name}`);
  }
}

const NUMBER = 0x5ec2e7;
/** Places where `hideSecret` of the suite's programs can leave a secret. */
const NUMBERED_PLACES = [0, 1, 2, 3];

async function noNumber(context: Context, after: string): Promise<void> {
  assert.equal(await context.call('findSecret', NUMBER), 0, `${after} left traces`);
}

async function everyNumberedPlace(t: Tools): Promise<void> {
  const context = await t.context();
  for (const where of NUMBERED_PLACES) {
    await context.call('hideSecret', where, NUMBER);
    await noNumber(context, `a call that wrote to place ${where}`);
    if (t.capabilities.callSync) {
      context.callSync('hideSecret', where, NUMBER);
      await noNumber(context, `a callSync that wrote to place ${where}`);
    }
  }
  await context.call('bump');
  assert.equal(await context.call('bump'), 1);
}

async function numberCutShort(t: Tools): Promise<void> {
  const context = await t.context({ limits: { wallTime: 60_000, cpuTime: 60_000 } });
  const clean = async (after: string) => {
    assert.ok([undefined, 0].includes((await context.call('recall')) as never), `${after} left traces`);
    await noNumber(context, after);
  };
  await outcome(() => context.with({ limits: { wallTime: 30 } }).call('keepThenLoop', NUMBER));
  await clean('a call that ran out of time');
  await outcome(() => context.with({ signal: AbortSignal.timeout(30) }).call('keepThenLoop', NUMBER));
  await clean('a call that was aborted');
  await outcome(() => context.call('keepThenAskHost', NUMBER));
  await clean('a call that was refused something');
  if (t.capabilities.limits.memory) await outcome(() => context.call('allocate', 2 ** 30));
  await clean('a call that ran out of memory');
  if (t.kind !== 'js') await outcome(() => context.call('outOfBounds'));
  await clean('a call that ended in a trap');
}

async function numbersInterleaved(t: Tools): Promise<void> {
  const contexts = await Promise.all([0, 1, 2].map(() => t.context()));
  const action = fc.record({
    who: fc.nat(contexts.length - 1),
    act: fc.constantFrom('hide', 'look', 'trap'),
    where: fc.constantFrom(...NUMBERED_PLACES),
  });
  await t.property(
    fc.array(action, { minLength: 2, maxLength: 16 }),
    async (actions) => {
      await Promise.all(
        actions.map(async ({ who, act, where }) => {
          const context = contexts[who]!;
          if (act === 'look') await noNumber(context, 'a call going on beside it');
          if (act === 'hide') await context.call('hideSecret', where, NUMBER);
          if (act === 'trap') await outcome(() => context.call('giveUp'));
        }),
      );
    },
    { weight: 0.6 },
  );
}

async function countersApart(t: Tools): Promise<void> {
  const contexts = await Promise.all([0, 1, 2].map(() => t.context()));
  const turns = [0, 1, 2, 2, 1, 0, 0, 2, 2];
  const counts = await Promise.all(turns.map((who) => contexts[who]!.with({ state: 'keep' }).call('bump')));
  assert.deepEqual(counts, [1, 1, 1, 2, 2, 2, 3, 3, 4]);
  for (const context of contexts) assert.equal(await context.call('bump'), 1);
}

export const isolation = theme('isolation', [
  ["a call's writes are invisible to the next one", everyPlace],
  ["a call's writes are invisible to the next call", everyNumberedPlace, { programKinds: MACHINE }],
  ['earlier calls are invisible to the next one', generatedHistory],
  ['a call that is cut short leaves no trace', cutShort],
  ['a call that is cut short leaves no trace in memory', numberCutShort, { programKinds: EVERYWHERE }],
  ['secrets never cross contexts, in any interleaving', interleaved],
  ['secrets never cross contexts, with traps beside them', numbersInterleaved, { programKinds: MACHINE }],
  [
    'state of one context is invisible to all others',
    keptApart,
    { needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'counters of contexts are separate',
    countersApart,
    { programKinds: MACHINE, needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
  [
    'unwritten memory is zero',
    async (t) => {
      const context = await t.context();
      for (let i = 0; i < 3; i++) {
        await context.call('hideSecret', 2, NUMBER);
        assert.equal(await context.call('freshMemory', 200_000), 0);
      }
    },
    { programKinds: MACHINE },
  ],
  [
    'unwritten memory reads as zero',
    async (t) => {
      const context = await t.context();
      for (let i = 0; i < 3; i++) {
        await context.call('hide', 'heap', '\u00ff secret');
        assert.equal(await context.call('freshMemory', 100_000), 0);
      }
    },
  ],
  ['the guest finds no objects of the host or of the embedder', nothingOfTheHost],
]);
