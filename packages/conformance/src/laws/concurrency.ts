import assert from 'node:assert/strict';
import fc from 'fast-check';
import { outcome, sleep } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, MACHINE, needsAsync, needsKeepAndSnapshot, theme } from './define.js';

async function ownResults(t: Tools): Promise<void> {
  const contexts = await Promise.all([t.context(), t.context()]);
  await t.property(
    fc.array(fc.tuple(fc.nat(1), fc.nat(20_000)), { minLength: 2, maxLength: 16 }),
    async (calls) => {
      const results = await Promise.all(
        calls.map(([who, size], i) => contexts[who]!.call('echo', [i, 'x'.repeat(size), new Uint8Array([i])])),
      );
      assert.deepEqual(
        results,
        calls.map(([, size], i) => [i, 'x'.repeat(size), new Uint8Array([i])]),
      );
    },
    { weight: 0.5 },
  );
}

/** The longest time, in milliseconds, for which the event loop was blocked during the work. */
async function longestPause(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const note = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(note, 5);
  await work();
  note();
  clearInterval(timer);
  return longest;
}

const LOOP_MS = 1500;
/** A busy machine may block the event loop, too, but not in every try. A blocking call does. */
const TRIES = 5;
/** Shorter than a call that blocks, however busy the machine is. */
const MOST_PAUSE = 1000;

async function eventLoopFree(t: Tools): Promise<void> {
  const context = await t.context();
  await context.call('nothing');
  const brief = context.with({ limits: { wallTime: LOOP_MS } });
  let seen = '';
  for (let i = 0; i < TRIES; i++) {
    const idle = await longestPause(() => sleep(400));
    const calling = await longestPause(() => brief.call('loop').catch(() => {}));
    if (calling < Math.min(MOST_PAUSE, Math.max(250, 3 * idle))) return;
    seen = `the event loop stood still for ${Math.round(calling)} ms; without a call, ${Math.round(idle)} ms`;
  }
  assert.fail(seen);
}

/** Host functions answer in reverse order, and each answer reaches its own guest. */
async function answersFindTheirWay(t: Tools): Promise<void> {
  const waiting = new Map<number, (value: unknown) => void>();
  const context = await t.context(
    granted({ 'host.ask': (n: number) => new Promise((resolve) => waiting.set(n, resolve)) }, { wallTime: 60_000 }),
  );
  const calls = Array.from({ length: 24 }, (_, n) => context.call('askHost', n));
  while (waiting.size < 24) await sleep(5);
  for (let n = 23; n >= 0; n--) waiting.get(n)!(n * 10 + 1);
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 24 }, (_, n) => n * 10 + 1),
  );
}

async function othersUnaffected(t: Tools): Promise<void> {
  const [victim, other] = [await t.context({ policy: { limits: { wallTime: 300 } } }), await t.context()];
  const loop = victim.call('loop').catch((error) => error.code);
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => other.call('add', i, i)));
  assert.deepEqual(
    results,
    Array.from({ length: 20 }, (_, i) => 2 * i),
  );
  assert.match(String(await loop), /ERR_LIMIT/);
}

const COMMANDS = ['bump', 'ask', 'fresh', 'sync', 'reset', 'snapshot', 'abort', 'wait', 'dispose'] as const;

/** Starts each command without waiting for the one before. */
async function storm(t: Tools, commands: readonly (typeof COMMANDS)[number][]): Promise<void> {
  const context = await t.context(granted({ 'host.ask': () => sleep(1).then(() => 1) }, { wallTime: 2000 }));
  const kept = context.with({ state: 'keep' });
  const all: Promise<unknown>[] = [];
  const start = (work: () => unknown) => void all.push(outcome(work));
  for (const command of commands) {
    if (command === 'bump') start(() => kept.call('bump'));
    if (command === 'ask') start(() => kept.call('askHost', 1));
    if (command === 'fresh') start(() => context.call('bump'));
    if (command === 'sync' && t.capabilities.callSync) start(() => kept.callSync('bump'));
    if (command === 'reset') start(() => context.reset());
    if (command === 'snapshot') start(async () => (await context.snapshot()).dispose());
    if (command === 'abort') start(() => context.with({ state: 'keep', signal: AbortSignal.timeout(2) }).call('loop'));
    if (command === 'wait') await sleep(1);
    if (command === 'dispose') start(() => context.dispose());
  }
  await context.dispose();
  await Promise.all(all);
}

export const concurrency = theme('concurrency', [
  ['concurrent calls return their own results', ownResults],
  [
    'concurrent calls return their own numbers',
    async (t) => {
      const contexts = await Promise.all([t.context(), t.context()]);
      await t.property(
        fc.array(fc.tuple(fc.nat(1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), {
          minLength: 2,
          maxLength: 16,
        }),
        async (calls) => {
          const results = await Promise.all(calls.map(([who, n]) => contexts[who]!.call('add', n, 1)));
          assert.deepEqual(
            results,
            calls.map(([, n]) => (n + 1) | 0),
          );
        },
        { weight: 0.5 },
      );
    },
    { programKinds: MACHINE },
  ],
  ['call does not block the event loop', eventLoopFree, { programKinds: EVERYWHERE }],
  [
    'answers of host functions go to the call that asked',
    answersFindTheirWay,
    { programKinds: EVERYWHERE, needs: needsAsync },
  ],
  ['a call that is stopped does not disturb others', othersUnaffected, { programKinds: EVERYWHERE }],
  [
    'simultaneous operations on a context end in a value or a code',
    async (t) => {
      const commands = fc.array(fc.constantFrom(...COMMANDS), { minLength: 2, maxLength: 12 });
      await t.property(commands, (list) => storm(t, list), { weight: 2 });
    },
    {
      programKinds: EVERYWHERE,
      needs: (f) => needsKeepAndSnapshot(f) && needsAsync(f),
      needsWhat: 'the backend lacks kept state, snapshots or async hypercalls',
    },
  ],
  [
    'contexts are made concurrently',
    async (t) => {
      const contexts = await Promise.all(Array.from({ length: 12 }, () => t.context()));
      assert.deepEqual(
        await Promise.all(contexts.map((context, i) => context.call('add', i, 1))),
        contexts.map((_, i) => i + 1),
      );
      assert.equal(new Set(contexts.map((context) => context.id)).size, 12);
    },
    { programKinds: EVERYWHERE },
  ],
]);
