/**
 * Repeated creation, disposal and calls leak nothing. Short by default; `npm run soak -w @colony/backend-kvm` does
 * 100,000 and 1,000,000.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { descriptorCount, eventually, outcome } from '@colony/conformance';
import { createContext, js, openBackend } from '@colony/core';
import { expect, it } from 'vitest';
import { describeKvm, PATIENT } from './lib/kvm.js';

const long = process.env['COLONY_SOAK'] === '1';
const CREATED = long ? 100_000 : 1000;
const CALLS = long ? 1_000_000 : 4000;
const MIB = 2 ** 20;
const program = js(
  `let n = 0; export const bump = () => ++n; export const fail = () => { throw new Error('x') }; export const ask = (v) => host.echo(v); export const big = () => new Uint8Array(1e5);`,
);
const hypercalls = { echo: async (v: unknown) => v };
const policy = { hypercalls: { echo: true as const }, limits: PATIENT };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function measure() {
  // Twice: finalizers of the first round release objects that the second collects.
  collect();
  await new Promise((resolve) => setTimeout(resolve, 100));
  collect();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    fds: descriptorCount(),
    rss: process.memoryUsage.rss(),
    shells: (await openBackend('kvm')).stats()['shellsLive'] ?? 0,
  };
}

/** Runs `work` a tenth of the times to warm up, then all times, and compares. */
async function leaves(times: number, work: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < times / 5; i++) await work(i);
  const before = await measure();
  for (let i = 0; i < times; i++) await work(i);
  const after = await measure();
  const backend = await openBackend('kvm');
  await eventually(() => {
    if (descriptorCount() > before.fds + 16) return `${descriptorCount() - before.fds} descriptors more after ${times}`;
    const { shellsLive = 0 } = backend.stats();
    return shellsLive > before.shells + 4 ? `${shellsLive} shells, before ${before.shells}` : undefined;
  });
  const growth = (after.rss - before.rss) / MIB;
  expect(growth, `memory grew by ${growth.toFixed(1)} MiB in ${times}`).toBeLessThan(long ? 64 : 48);
}

describeKvm(`soak${long ? '' : ' (short)'}`, () => {
  it(
    `${CREATED} contexts made and disposed`,
    () =>
      leaves(CREATED, async (i) => {
        const context = await createContext({ backend: 'kvm', program, hypercalls, policy });
        if (i % 3 === 0) await context.call('bump');
        if (i % 5 === 0) await context.with({ state: 'keep' }).call('bump');
        if (i % 50 === 0) (await context.snapshot()).dispose();
        await context.dispose();
      }),
    long ? 3_600_000 : 300_000,
  );

  it(
    `${CALLS} calls, some of which fail`,
    async () => {
      const context = await createContext({ backend: 'kvm', program, hypercalls, policy });
      await leaves(CALLS, async (i) => {
        if (i % 100 === 1) await outcome(() => context.call('fail'));
        else if (i % 10 === 2) expect(await context.call('ask', i)).toBe(i);
        else if (i % 50 === 3) await context.call('big');
        else if (i % 2 === 0) expect(context.callSync('bump')).toBe(1);
        else expect(await context.call('bump')).toBe(1);
      });
      await context.dispose();
    },
    long ? 3_600_000 : 300_000,
  );
});
