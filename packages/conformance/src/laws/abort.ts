import assert from 'node:assert/strict';
import { fails, sleep } from '../expect.js';
import type { Tools } from '../law.js';
import { assertWithin, timed } from '../patience.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, needsAsync, theme } from './define.js';
import { endless } from './programs.js';
import { startingContext } from './started.js';

const LATE = 1500;

async function abortsLoop(t: Tools): Promise<void> {
  const reason = new Error('enough');
  await assertWithin(LATE, 'the signal ended the call late', async () => {
    const { context, started } = await startingContext(t);
    const controller = new AbortController();
    const { signal } = controller;
    const call = fails('ERR_ABORTED', () => context.with({ signal }).call('askHostThenLoop', 1));
    await Promise.race([started, call]);
    const took = await timed(async () => {
      controller.abort(reason);
      assert.equal((await call).cause, reason);
    });
    assert.equal(await context.call('add', 1, 1), 2);
    return took;
  });
}

async function abortsWaiting(t: Tools): Promise<void> {
  let inside: AbortSignal | undefined;
  const controller = new AbortController();
  function hang(this: { signal: AbortSignal }) {
    inside = this.signal;
    setImmediate(() => controller.abort());
    return new Promise(() => {});
  }
  const context = await t.context(granted({ 'host.ask': hang }));
  await fails('ERR_ABORTED', () => context.with({ signal: controller.signal }).call('askHost', 1));
  assert.ok(inside?.aborted, "the host function's signal was not aborted");
  assert.equal(await context.call('add', 1, 1), 2);
}

async function abortsOne(t: Tools): Promise<void> {
  const { context, started } = await startingContext(t);
  const controller = new AbortController();
  const aborted = context.with({ signal: controller.signal }).call('askHostThenLoop', 1);
  const others = Array.from({ length: 6 }, (_, i) => context.call('add', i, 1));
  void started.then(() => controller.abort());
  await fails('ERR_ABORTED', () => aborted);
  assert.deepEqual(await Promise.all(others), [1, 2, 3, 4, 5, 6]);
}

/**
 * Makes two contexts of one program. The second waits for the first one's evaluation, and stops waiting at its own
 * signal.
 */
async function abortsSecondWaiter(t: Tools): Promise<void> {
  const program = await endless(t);
  const [first, second] = [new AbortController(), new AbortController()];
  const make = ({ signal }: AbortController) => t.context({ program, signal, limits: { startTime: 60_000 } });
  let firstEnded = false;
  const evaluating = fails('ERR_ABORTED', () => make(first)).finally(() => {
    firstEnded = true;
  });
  evaluating.catch(() => {}); // checked at the end
  const waiting = fails('ERR_ABORTED', () => make(second));
  await sleep(50);
  second.abort();
  await waiting;
  assert.ok(!firstEnded, 'the first context ended, too');
  first.abort();
  await evaluating;
}

export const abort = theme('abort', [
  [
    'an aborted signal stops a call before it begins',
    async (t) => {
      let called = 0;
      const context = await t.context(granted({ 'host.ask': () => ++called }));
      const error = await fails('ERR_ABORTED', () =>
        context.with({ signal: AbortSignal.abort('why') }).call('askHost', 1),
      );
      assert.equal(error.cause, 'why');
      assert.equal(called, 0);
    },
    { programKinds: EVERYWHERE },
  ],
  ['a signal ends a call that loops, with its reason as the cause', abortsLoop, { programKinds: EVERYWHERE }],
  [
    'a signal ends a call that waits for a host function',
    abortsWaiting,
    { needs: needsAsync, programKinds: EVERYWHERE },
  ],
  ['a signal ends only its own call', abortsOne, { programKinds: EVERYWHERE }],
  [
    'a signal that comes after the end changes nothing',
    async (t) => {
      const context = await t.context();
      const controller = new AbortController();
      assert.equal(await context.with({ signal: controller.signal }).call('add', 1, 2), 3);
      controller.abort();
      await sleep(5);
      assert.equal(await context.call('add', 1, 2), 3);
    },
    { programKinds: EVERYWHERE },
  ],
  [
    'a signal ends the creation of a context',
    async (t) => {
      const program = await endless(t);
      const abortOne = () => fails('ERR_ABORTED', () => t.context({ program, signal: AbortSignal.timeout(100) }));
      await assertWithin(100 + LATE, 'the signal ended the call late', () => timed(abortOne));
    },
    { programKinds: EVERYWHERE },
  ],
  [
    'a signal ends the wait for a program that another context evaluates',
    abortsSecondWaiter,
    { programKinds: EVERYWHERE },
  ],
]);
