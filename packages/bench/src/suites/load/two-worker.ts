/** Entry of a thread that makes its own calls with callSync. */
import { parentPort, workerData } from 'node:worker_threads';
import { createContext, js } from '@colony/core';
import { cProgram, PATIENT } from '../contexts.js';

export interface WorkerAsk {
  readonly milliseconds: number;
}

export interface WorkerTold {
  readonly calls: number;
  readonly nanoseconds: number;
}

const { file } = workerData as { file: string | null };
const program = file === null ? js`export function nothing() {}` : cProgram(file);
const context = await createContext({ backend: 'kvm', program, limits: PATIENT });
const since = (start: bigint) => Number(process.hrtime.bigint() - start);

function callFor(milliseconds: number): WorkerTold {
  const start = process.hrtime.bigint();
  let calls = 0;
  for (; since(start) < milliseconds * 1e6; calls++) context.callSync('nothing');
  return { calls, nanoseconds: since(start) };
}

callFor(100);
parentPort?.on('message', ({ milliseconds }: WorkerAsk) => parentPort?.postMessage(callFor(milliseconds)));
parentPort?.postMessage({ calls: 0, nanoseconds: 1 } satisfies WorkerTold);
