/** Random numbers that a guest may use as a key never repeat, although its state was frozen, shared or restored. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Caller, type Context, js, Snapshot } from '@colony/core';
import type { Tools } from '../law.js';
import type { Row } from './define.js';

const policy = { random: true, limits: { wallTime: 60_000, cpuTime: 60_000, startTime: 60_000 } } as const;
const KINDS = ['random', 'uuid'] as const;

/** Collects results of calls; each must be new. */
class Numbers {
  readonly #seen = new Map<string, string>();

  add(result: unknown, where: string): void {
    const { value, message } = result as { value?: unknown; message?: string };
    assert.notEqual(value, undefined, `${where}: ${message}`);
    const before = this.#seen.get(String(value));
    assert.equal(before, undefined, `${where}: the same number as ${before}`);
    this.#seen.set(String(value), where);
  }

  async addCalls(caller: Context | Caller, where: string): Promise<void> {
    for (const kind of KINDS) {
      const calls = await Promise.all([1, 2, 3].map(() => caller.call('capability', kind)));
      const batch = await caller.callBatch('capability', [[kind], [kind]]);
      for (const result of [...calls, ...batch]) this.add(result, where);
    }
  }
}

async function neverTwice(t: Tools): Promise<void> {
  const numbers = new Numbers();
  const [context, twin] = [await t.context({ policy }), await t.context({ policy })];
  await numbers.addCalls(context, 'a fresh call');
  await numbers.addCalls(twin, 'a fresh call of another context');
  const { callSync, keepState, snapshot, snapshotFile } = context.capabilities;
  if (callSync)
    for (const kind of KINDS) for (let i = 0; i < 3; i++) numbers.add(context.callSync('capability', kind), 'callSync');
  if (keepState) {
    await numbers.addCalls(context.with({ state: 'keep' }), 'kept state');
    await numbers.addCalls(context, 'a fresh call beside kept state');
  }
  if (snapshot) {
    // A snapshot of a state that has used random numbers: their source must not repeat.
    const taken = await context.snapshot();
    t.after(() => taken.dispose());
    for (const name of ['one', 'another']) {
      const restored = await t.context({ snapshot: taken, policy });
      await numbers.addCalls(restored, `${name} context of a snapshot`);
      if (keepState) await numbers.addCalls(restored.with({ state: 'keep' }), `kept state of ${name} snapshot`);
    }
    if (snapshotFile) {
      const file = join(await t.directory(), 'state.snapshot');
      await taken.save(file);
      for (const name of ['one', 'another'])
        await numbers.addCalls(
          await t.context({ snapshot: await Snapshot.load(file), policy }),
          `${name} snapshot file`,
        );
    }
  }
  if (keepState) {
    await context.reset();
    await numbers.addCalls(context.with({ state: 'keep' }), 'kept state after a reset');
  }
}

const DRAWS = js(`
  const draw = { random: () => Math.random(), uuid: () => crypto.randomUUID() };
  const first = { random: draw.random(), uuid: draw.uuid() };
  export const atStart = (kind) => first[kind];
  export const capability = (kind) => ({ value: draw[kind]() });`);

/** A number that is drawn during evaluation is part of the state; its generator is not. */
async function drawnAtStart(t: Tools): Promise<void> {
  const numbers = new Numbers();
  for (const name of ['one', 'another']) {
    const context = await t.context({ program: DRAWS, policy });
    for (const kind of KINDS) {
      const value = await context.call('atStart', kind);
      assert.equal(await context.call('atStart', kind), value, 'it is not part of the state');
      numbers.add({ value }, `the evaluation of ${name} context`);
    }
    await numbers.addCalls(context, `a call of ${name} context`);
  }
}

async function asked(t: Tools): Promise<void> {
  const seeded = async (seed: number) => {
    const context = await t.context({ policy: { ...policy, random: { seed } } });
    return await Promise.all(KINDS.map((kind) => context.call('capability', kind)));
  };
  assert.deepEqual(await seeded(1), await seeded(1));
  assert.notDeepEqual(await seeded(1), await seeded(2));
}

export const randomness: readonly Row[] = [
  ['two calls never draw the same random numbers, from any state', neverTwice],
  ['calls and contexts do not continue the random numbers of an evaluation or of each other', drawnAtStart],
  ['a seed of the policy gives the same numbers in every context', asked],
];
