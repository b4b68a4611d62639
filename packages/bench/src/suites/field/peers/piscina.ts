import { join } from 'node:path';
import type { Piscina as Pool } from 'piscina';
import { programs } from '../../../floor-process.js';
import { loadPackage } from '../../../optional.js';
import { type Remote, remotePeer } from '../remote.js';

async function start(): Promise<Remote> {
  const { Piscina } = await loadPackage<{ Piscina: typeof Pool }>('piscina');
  const pool = new Piscina({ filename: join(programs, 'field/piscina.mjs'), minThreads: 1, maxThreads: 1 });
  let running: AbortController | undefined;
  return {
    ask: (request) => {
      // piscina ends an endless task by an abort signal. The signal costs a listener, so only probes use it.
      if (request.evaluate === undefined) return pool.run(request);
      running = new AbortController();
      return pool.run(request, { signal: running.signal });
    },
    end: async () => {
      running?.abort();
      await pool.destroy();
    },
  };
}

export const peer = remotePeer({
  name: 'piscina',
  package: 'piscina',
  boundary: 'thread',
  floor: 'c.pthread',
  words: { cold: 'new Piscina pool of one thread', warm: 'in a running Piscina pool of one thread, by run' },
  start,
});
