/** Worker threads load the backend, use it concurrently, and exit, also in the middle of calls. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { descriptorCount, eventually } from '@colony/conformance';
import { createContext, js } from '@colony/core';
import { expect, it } from 'vitest';
import { describeKvm } from './lib/kvm.js';

const script = new URL('./lib/worker.mjs', import.meta.url);
const LEAVE = ['clean', 'undisposed', 'running', 'parked'] as const;

async function work(id: number, leave: (typeof LEAVE)[number]): Promise<void> {
  const worker = new Worker(script, { workerData: { id, leave } });
  const exit = once(worker, 'exit');
  const [sum] = await Promise.race([
    once(worker, 'message'),
    once(worker, 'error').then(([error]) => Promise.reject(error)),
  ]);
  expect(sum).toBe(30 * (2 * id + 1) + 2 * (29 * 15));
  if (leave === 'undisposed') await worker.terminate();
  await exit;
}

describeKvm('worker threads', () => {
  it('use the backend together and end in every way, and the main thread continues', async () => {
    const context = await createContext({ backend: 'kvm', program: js('export const one = () => 1') });
    await context.call('one');
    await work(0, 'clean');
    const before = descriptorCount();
    await Promise.all(LEAVE.map((leave, id) => work(id, leave)));
    for (const leave of LEAVE) await work(9, leave);
    expect(await context.call('one')).toBe(1);
    await context.dispose();
    await eventually(() =>
      descriptorCount() > before + 8
        ? `${descriptorCount() - before} descriptors are left of workers that are gone`
        : undefined,
    );
  }, 300_000);

  it('that are terminated while calls run do not take the process with them', async () => {
    for (let i = 0; i < 6; i++) {
      const worker = new Worker(script, { workerData: { id: 1, leave: 'running' } });
      if (i % 2 === 0) await once(worker, 'message');
      await worker.terminate();
    }
  }, 300_000);
});
