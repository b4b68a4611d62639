/** The state matrix: every public method in every state of a context, as data. */
import assert from 'node:assert/strict';
import type { Context, ErrorCode, Snapshot } from '@colony/core';
import { fails } from '../expect.js';
import type { Law, Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, needsAsync, needsKeep, theme } from './define.js';

const STATES = ['ready', 'running', 'keeping', 'poisoned', 'disposed'] as const;
type State = (typeof STATES)[number];

/** `ok`: returns its value. `waits`: waits for current work first. Else: fails with the code, at once. */
type Expected = 'ok' | 'waits' | ErrorCode;
type Act = (context: Context) => unknown;

interface Row {
  readonly method: string;
  readonly act: Act;
  readonly has?: (tools: Tools) => boolean;
  readonly expected: Readonly<Record<State, Expected>>;
}

const sync = (t: Tools) => t.capabilities.callSync;
const snapshots = (t: Tools) => t.capabilities.snapshot;
const row = (method: string, act: Act, expected: readonly Expected[], has?: Row['has']): Row => ({
  method,
  act,
  ...(has && { has }),
  expected: Object.fromEntries(STATES.map((state, i) => [state, expected[i]])) as Row['expected'],
});

const P = 'ERR_POISONED';
const D = 'ERR_DISPOSED';

// biome-ignore format: a table
const MATRIX: readonly Row[] = [
  //                                                                                     ready running keeping poisoned disposed
  row('call', (c) => c.call('add', 1, 2), ['ok', 'ok', 'ok', P, D]),
  row('callBatch', (c) => c.callBatch('add', [[1, 2]]), ['ok', 'ok', 'ok', P, D]),
  row('callBatchSettled', (c) => c.callBatchSettled('add', [[1, 2]]), ['ok', 'ok', 'ok', P, D]),
  row('callSync', (c) => c.callSync('add', 1, 2), ['ok', 'ok', 'ok', P, D], sync),
  row('call, keep', (c) => c.with({ state: 'keep' }).call('add', 1, 2), ['ok', 'ok', 'waits', P, D]),
  row('callBatch, keep', (c) => c.with({ state: 'keep' }).callBatch('add', [[1, 2]]), ['ok', 'ok', 'waits', P, D]),
  row('callSync, keep', (c) => c.with({ state: 'keep' }).callSync('add', 1, 2), ['ok', 'ok', 'ERR_BUSY', P, D], sync),
  row('snapshot', async (c) => ((await c.snapshot()) as Snapshot).dispose(), ['ok', 'ok', 'waits', P, D], snapshots),
  row('reset', (c) => c.reset(), ['ok', 'ok', 'waits', 'ok', D]),
  row('stats', (c) => c.stats(), ['ok', 'ok', 'ok', 'ok', 'ok']),
  row('with', (c) => c.with({ limits: { wallTime: 5 } }), ['ok', 'ok', 'ok', 'ok', 'ok']),
  row('exports', (c) => c.exports, ['ok', 'ok', 'ok', 'ok', 'ok']),
  row('id', (c) => c.id, ['ok', 'ok', 'ok', 'ok', 'ok']),
  row('dispose', (c) => c.dispose(), ['ok', 'ok', 'ok', 'ok', 'ok']),
  row('asyncDispose', (c) => c[Symbol.asyncDispose](), ['ok', 'ok', 'ok', 'ok', 'ok']),
];

interface Staged {
  readonly context: Context;
  /** Lets the current work finish. */
  release(): void;
}

async function stage(t: Tools, state: State): Promise<Staged> {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = () => {};
  const inside = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const ask = () => {
    asked();
    return gate.then(() => 1);
  };
  const context = await t.context(granted({ 'host.ask': ask }));
  if (state === 'running' || state === 'keeping') {
    const caller = state === 'keeping' ? context.with({ state: 'keep' }) : context;
    const call = caller.call('askHost', 1).catch(() => {});
    await Promise.race([inside, call]);
  }
  if (state === 'poisoned')
    await context
      .with({ state: 'keep', limits: { wallTime: 30 } })
      .call('loop')
      .catch(() => {});
  if (state === 'disposed') await context.dispose();
  t.after(release);
  return { context, release };
}

async function check(t: Tools, { method, act, expected }: Row, state: State): Promise<void> {
  const { context, release } = await stage(t, state);
  const want = expected[state];
  if (want !== 'ok' && want !== 'waits') {
    await fails(want, () => act(context));
    return;
  }
  let settled = false;
  const done = Promise.resolve(act(context)).then(() => {
    settled = true;
  });
  if (want === 'waits') {
    // A later fresh call needs no state: an act that does not wait is done by then.
    await context.call('add', 1, 2);
    assert.ok(!settled, `${method} did not wait`);
    release();
  }
  await done;
  release();
  await context.dispose();
}

const needs: Readonly<Record<State, NonNullable<Law['needs']>>> = {
  ready: (f) => needsKeep(f),
  running: needsAsync,
  keeping: (f) => needsKeep(f) && needsAsync(f),
  poisoned: (f) => needsKeep(f) && f.capabilities.limits.wallTime,
  disposed: () => true,
};

export const states = theme(
  'states',
  STATES.map((state) => [
    `every method works as specified in the state "${state}"`,
    async (t: Tools) => {
      for (const row of MATRIX) {
        if (row.has?.(t) === false) continue;
        await check(t, row, state).catch((error) => {
          throw Object.assign(error, { message: `${row.method} in the state "${state}": ${error.message}` });
        });
      }
    },
    { programKinds: EVERYWHERE, needs: needs[state], needsWhat: `the backend cannot be in the state "${state}"` },
  ]),
);
