// A worker thread that uses the backend, and may exit in the middle of its work.
import { parentPort, workerData } from 'node:worker_threads';
import { createContext, js } from '@colony/core';

const { id, leave } = workerData;
const context = await createContext({
  backend: 'process',
  program: js('export const add = (a, b) => a + b; export const loop = () => { for (;;); };'),
  policy: { limits: { wallTime: 120_000, cpuTime: 120_000 } },
});
let sum = 0;
for (let i = 0; i < 3; i++) sum += Number(await context.call('add', id, i));
parentPort?.postMessage(sum);
if (leave === 'running') {
  void context.call('loop');
  setTimeout(() => process.exit(0), 50);
} else if (leave === 'clean') await context.dispose();
