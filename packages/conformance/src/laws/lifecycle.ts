/**
 * Runs commands in any order against a model of a context's life: the context's results must match the model. For each
 * context, the model has a counter for the start of its fresh calls, and one for its kept state.
 */
import assert from 'node:assert/strict';
import type { Context, ErrorCode, Snapshot } from '@colony/core';
import fc from 'fast-check';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, needsKeep, theme } from './define.js';

interface Modelled {
  start: number;
  /** Undefined before state is kept. */
  kept: number | undefined;
  poisoned: boolean;
  disposed: boolean;
}

interface Model {
  readonly contexts: Modelled[];
  readonly snapshots: number[];
}

interface Real {
  readonly contexts: Context[];
  readonly snapshots: Snapshot[];
}

type Command = fc.AsyncCommand<Model, Real>;
type Act = (model: Modelled, context: Context, all: { model: Model; real: Real }) => Promise<void>;

/** The most contexts in one history. */
const MOST = 4;
const LOOSE = { wallTime: 60_000, cpuTime: 60_000 };

/** The code with which every call must fail; undefined if calls work. */
const refusal = (model: Modelled): ErrorCode | undefined =>
  model.disposed ? 'ERR_DISPOSED' : model.poisoned ? 'ERR_POISONED' : undefined;

/** One command, on the context with that number if it exists. */
function command(name: string, act: Act): (who: number) => Command {
  return (who) => ({
    check: () => true,
    async run(model, real) {
      const index = who % model.contexts.length;
      await act(model.contexts[index]!, real.contexts[index]!, { model, real });
    },
    toString: () => `${name}(${who})`,
  });
}

/** A call that the context's state may refuse. */
const call = (name: string, act: Act) =>
  command(name, async (model, context, all) => {
    const code = refusal(model);
    if (code === undefined) return await act(model, context, all);
    await fails(code, () => context.call('bump'), name);
    await fails(code, () => context.with({ state: 'keep' }).call('bump'), name);
  });

const kept = (context: Context) => context.with({ state: 'keep' });
const bumped = (model: Modelled): number => {
  model.kept = (model.kept ?? model.start) + 1;
  return model.kept;
};

const fresh = call('fresh', async (model, context) =>
  assert.equal(await context.call('bump'), model.start + 1, 'a fresh call starts from the start state'),
);
const freshSync = call('freshSync', async (model, context) => assert.equal(context.callSync('bump'), model.start + 1));
const keep = call('keep', async (model, context) => assert.equal(await kept(context).call('bump'), bumped(model)));
const keepSync = call('keepSync', async (model, context) =>
  assert.equal(kept(context).callSync('bump'), bumped(model)),
);
const together = call('together', async (model, context) => {
  const calls = [kept(context).call('bump'), context.call('bump'), kept(context).call('bump'), context.call('bump')];
  const results = await Promise.all(calls);
  assert.deepEqual(results, [bumped(model), model.start + 1, bumped(model), model.start + 1]);
});
const batch = call('batch', async (model, context) => {
  const rows = await kept(context).callBatch('bump', [[], [], []]);
  assert.deepEqual(rows, [bumped(model), bumped(model), bumped(model)]);
});
/** A guest error that leaves the kept state intact. */
const misfit = call('misfit', async (_model, context) => {
  await fails('ERR_NO_SUCH_EXPORT', () => kept(context).call('missing'));
});
const denied = call('denied', async (_model, context) => {
  await fails('ERR_POLICY_DENIED', () => context.call('askHost', 2));
});
/** The host function calls the context that waits for it. */
const reentrant = call('reentrant', async (_model, context) => {
  assert.equal(await context.call('askHost', 1), 42);
});
const outOfTime = call('outOfTime', async (model, context) => {
  await fails('ERR_LIMIT_WALL_TIME', () => context.with({ state: 'keep', limits: { wallTime: 20 } }).call('loop'));
  model.poisoned = true;
});
const aborted = call('aborted', async (model, context) => {
  const signal = AbortSignal.timeout(10);
  await fails('ERR_ABORTED', () => context.with({ state: 'keep', signal }).call('loop'));
  model.poisoned = true;
});
/** The call is aborted, but it did not keep state. */
const abortedFresh = call('abortedFresh', async (_model, context) => {
  await fails('ERR_ABORTED', () => context.with({ signal: AbortSignal.timeout(10) }).call('keepThenLoop', 9));
});
const trapped = call('trapped', async (model, context) => {
  await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => kept(context).call('giveUp'));
  model.poisoned = true;
});
const reset = command('reset', async (model, context) => {
  if (model.disposed) return void (await fails('ERR_DISPOSED', () => context.reset()));
  await context.reset();
  model.kept = undefined;
  model.poisoned = false;
});
const dispose = command('dispose', async (model, context) => {
  await context.dispose();
  model.disposed = true;
});
const snapshot = command('snapshot', async (model, context, { model: all, real }) => {
  const code = refusal(model);
  if (code !== undefined) return void (await fails(code, () => context.snapshot()));
  real.snapshots.push(await context.snapshot());
  all.snapshots.push(model.kept ?? model.start);
});

/** Makes another context, from the program or from a snapshot. */
function create(t: Tools, from: 'program' | 'snapshot'): (which: number) => Command {
  return (which) => ({
    check: ({ contexts, snapshots }) => contexts.length < MOST && (from === 'program' || snapshots.length > 0),
    async run(model, real) {
      const index = from === 'snapshot' ? which % model.snapshots.length : -1;
      real.contexts.push(await createReal(t, real.snapshots[index]));
      model.contexts.push({ start: model.snapshots[index] ?? 0, kept: undefined, poisoned: false, disposed: false });
    },
    toString: () => `create(${from} ${which})`,
  });
}

async function createReal(t: Tools, from?: Snapshot): Promise<Context> {
  const { hypercalls } = granted({ 'host.ask': async () => Number(await context.call('add', 20, 22)) });
  const context: Context = await t.context({
    hypercalls,
    policy: { hypercalls: { 'host.ask': { args: [{ max: 1 }] } }, limits: LOOSE },
    ...(from && { snapshot: from }),
  });
  return context;
}

function commandsFor(t: Tools): fc.Arbitrary<Command>[] {
  const { capabilities: has } = t;
  const makers = [fresh, keep, keep, together, batch, misfit, denied, reset, dispose, create(t, 'program')];
  if (has.limits.wallTime) makers.push(outOfTime);
  makers.push(aborted, abortedFresh);
  if (has.callSync) makers.push(freshSync, keepSync);
  if (has.asyncHypercalls) makers.push(reentrant);
  if (t.kind !== 'js') makers.push(trapped);
  if (has.snapshot) makers.push(snapshot, create(t, 'snapshot'), create(t, 'snapshot'));
  return makers.map((make) => fc.nat(11).map(make));
}

async function modelHolds(t: Tools): Promise<void> {
  await t.property(
    fc.commands(commandsFor(t), { maxCommands: 24, size: 'max' }),
    async (commands) => {
      const real: Real = { contexts: [await createReal(t)], snapshots: [] };
      const first: Modelled = { start: 0, kept: undefined, poisoned: false, disposed: false };
      try {
        await fc.asyncModelRun(() => ({ model: { contexts: [first], snapshots: [] }, real }), commands);
      } finally {
        await Promise.all(real.contexts.map((context) => context.dispose()));
        for (const snapshot of real.snapshots) snapshot.dispose();
      }
    },
    { weight: 0.6 },
  );
}

export const lifecycle = theme('lifecycle', [
  [
    'a context agrees with its model, for any commands',
    modelHolds,
    { programKinds: EVERYWHERE, needs: needsKeep, needsWhat: 'the backend keeps no state' },
  ],
]);
