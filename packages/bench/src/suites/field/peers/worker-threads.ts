import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { programs } from '../../../floor-process.js';
import { type Remote, type Request, remotePeer } from '../remote.js';

function start(): Remote {
  const worker = new Worker(join(programs, 'field/worker.mjs'));
  let failed: ((error: Error) => void) | undefined;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    failed?.(ended);
  };
  worker.on('error', end);
  worker.on('exit', (status) => end(new Error(`the worker ended with ${status}`)));
  return {
    ask: (request: Request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        failed = reject;
        worker.once('message', resolve);
        worker.postMessage(request);
      }),
    end: async () => {
      await worker.terminate();
    },
  };
}

export const peer = remotePeer({
  name: 'worker_threads',
  package: 'node',
  boundary: 'thread',
  floor: 'c.pthread',
  words: { cold: 'new Worker of worker_threads', warm: 'in a running Worker of worker_threads, by postMessage' },
  start: async () => start(),
});
