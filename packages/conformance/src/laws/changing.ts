/** Values that change during encoding: getters that detach memory, threads that write to it, hosts that reuse it. */
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import type { Context } from '@colony/core';
import { fails, outcome } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { needsAsync, type Row } from './define.js';

/** Larger than any part of a message that is copied at once. */
const LENGTH = 300_000;

interface Resizable extends ArrayBuffer {
  resize(length: number): void;
}
const resizable = (length: number) =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, {
    maxByteLength: 2 * LENGTH,
  });
const detach = (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] });

/** Ways to hold bytes, and to detach them. */
const ATTACKS: readonly [string, (length: number) => [value: unknown, act: () => void]][] = [
  [
    'detached bytes',
    (length) => {
      const bytes = new Uint8Array(length).fill(1);
      return [bytes, () => detach(bytes.buffer)];
    },
  ],
  [
    'a detached buffer',
    (length) => {
      const { buffer } = new Uint8Array(length).fill(1);
      return [buffer, () => detach(buffer)];
    },
  ],
  ...([0, 1, 2 * LENGTH] as const).map((to): (typeof ATTACKS)[number] => [
    `bytes of ${to} after a resize`,
    (length) => {
      const buffer = resizable(length);
      return [new Uint8Array(buffer).fill(1), () => buffer.resize(to)];
    },
  ]),
  [
    'a resized view',
    (length) => {
      const buffer = resizable(length + 8);
      return [new DataView(buffer, 8, length), () => buffer.resize(16)];
    },
  ],
];

/** Every way to call; each returns the argument of `echo`. */
export function waysToEcho(context: Context): readonly [string, (value: unknown) => unknown][] {
  const { callSync, keepState } = context.capabilities;
  const ways: [string, (value: unknown) => unknown][] = [
    ['call', (value) => context.call('echo', value)],
    ['callBatch', async (value) => (await context.callBatch('echo', [[value], [1]]))[0]],
  ];
  if (callSync) ways.push(['callSync', (value) => context.callSync('echo', value)]);
  if (keepState) ways.push(['a keeping call', (value) => context.with({ state: 'keep' }).call('echo', value)]);
  return ways;
}

async function takenAway(t: Tools): Promise<void> {
  const context = await t.context();
  for (const [way, echo] of waysToEcho(context)) {
    for (const [attack, make] of ATTACKS) {
      for (const length of [64, LENGTH]) {
        const [first, act] = make(length);
        const whole = structuredClone(first);
        const middle = Object.defineProperty({}, 'act', { enumerable: true, get: act });
        const seen = await outcome(() => echo([first, middle, 'after']));
        if ('value' in seen) assert.deepEqual(seen.value, [whole, { act: undefined }, 'after'], `${way}: ${attack}`);
        else assert.equal(seen.code, 'ERR_NOT_SERIALIZABLE', `${way}: ${attack}`);
      }
    }
    assert.equal(await echo('still there'), 'still there');
  }
}

/** Shared memory that a thread writes to as fast as it can until the law ends. */
async function writtenTo(t: Tools): Promise<SharedArrayBuffer> {
  const shared = new SharedArrayBuffer(LENGTH);
  const code = 'const b = new Uint8Array(require("worker_threads").workerData); for (;;) b.fill(b[0] + 1)';
  const worker = new Worker(code, { eval: true, workerData: shared });
  t.after(() => worker.terminate());
  const last = new Uint8Array(shared, LENGTH - 1);
  while (last[0] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return shared;
}

async function shared(t: Tools): Promise<void> {
  const context = await t.context();
  const memory = await writtenTo(t);
  const posing = new SharedArrayBuffer(64);
  Object.defineProperty(posing, Symbol.toStringTag, { value: 'ArrayBuffer' });
  const views = [memory, posing].flatMap((buffer) => [buffer, new Uint8Array(buffer), new DataView(buffer)]);
  for (const [way, echo] of waysToEcho(context)) {
    for (const view of views) await fails('ERR_NOT_SERIALIZABLE', async () => await echo([view, 'after']), way);
    const copy = new Uint8Array(memory).slice();
    assert.deepEqual(await echo([copy, 'after']), [copy, 'after']);
  }
}

async function afterTheCall(t: Tools): Promise<void> {
  const context = await t.context();
  for (const [, echo] of waysToEcho(context)) {
    const values = Array.from({ length: 4 }, () => new Uint8Array(LENGTH).fill(1));
    const calls = values.map((bytes) => echo([bytes, 'after']));
    for (const bytes of values) detach(bytes.buffer);
    for (const seen of await Promise.all(calls)) assert.deepEqual(seen, [new Uint8Array(LENGTH).fill(1), 'after']);
  }
}

/** The promise resolves; some steps later, during the reply, the host detaches the bytes. */
async function hostsResult(t: Tools): Promise<void> {
  const whole = [new Uint8Array(LENGTH).fill(1), 'after'];
  const give = (steps: number) => {
    const bytes = new Uint8Array(LENGTH).fill(1);
    const later = async () => {
      for (let i = 0; i < steps; i++) await null;
      detach(bytes.buffer);
    };
    void later();
    return Promise.resolve([bytes, 'after']);
  };
  const context = await t.context(granted({ give }));
  for (let steps = 0; steps < 12; steps++) {
    const seen = await outcome(() => context.call('askAwait', 'give', steps));
    if ('value' in seen) assert.deepEqual(seen.value, whole, `after ${steps} steps`);
    else assert.ok(JSON.stringify(seen.error.details).includes('ERR_NOT_SERIALIZABLE'), seen.error.message);
  }
  const last = await context.call('askAwait', 'give', 1000);
  assert.deepEqual(last, whole);
}

export const changing: readonly Row[] = [
  ['memory that a getter detaches during a call is whole in the guest, or refused', takenAway],
  ['memory that other threads can write to is refused, whatever its declared type', shared],
  ['memory that is detached after calls have begun is whole in the guest', afterTheCall],
  [
    "later changes of a host function's result do not reach the guest",
    hostsResult,
    { needs: needsAsync, needsWhat: 'asynchronous host functions' },
  ],
];
