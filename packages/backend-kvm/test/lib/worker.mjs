// A worker thread that uses the backend, and may exit in the middle of its work.
import { parentPort, workerData } from 'node:worker_threads';
import { createContext, js } from '@colony/core';

const { id, leave } = workerData;
const context = await createContext({
  backend: 'kvm',
  program: js(
    'export const add = (a, b) => a + b; export const loop = () => { for (;;); }; export const ask = (n) => host.wait(n);',
  ),
  hypercalls: { wait: (/** @type {number} */ n) => (n < 0 ? new Promise(() => {}) : n) },
  policy: { hypercalls: { wait: true }, limits: { wallTime: 120_000, cpuTime: 120_000 } },
});
let sum = 0;
for (let i = 0; i < 30; i++)
  sum +=
    Number(await context.call('add', id, i)) + context.callSync('add', id, i) + Number(await context.call('ask', 1));
parentPort?.postMessage(sum);
if (leave === 'running') {
  for (let i = 0; i < 4; i++) void context.call('loop');
  setTimeout(() => process.exit(0), 20);
} else if (leave === 'parked') {
  void context.call('ask', -1);
  setTimeout(() => process.exit(0), 20);
} else if (leave === 'clean') await context.dispose();
