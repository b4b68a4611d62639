/** However the host ends, none of its children remains. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { childrenOf, descendantsOf, gone } from './lib/processes.js';

const script = fileURLToPath(new URL('./lib/host.mjs', import.meta.url));
const worker = new URL('./lib/worker.mjs', import.meta.url);

async function host(leave: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, leave], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout!.on('data', (text) => {
    said += text;
  });
  while (!said.includes('READY')) {
    expect(child.exitCode, 'the host did not come up').toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

describe('no child is left', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'when the host dies of %s',
    async (signal) => {
      const child = await host('wait');
      const pids = descendantsOf(child.pid!);
      expect(pids.length, `the host has only ${pids.length} children`).toBeGreaterThanOrEqual(4);
      child.kill(signal);
      await once(child, 'exit');
      await gone(...pids);
    },
    300_000,
  );

  it.each(['exit', 'throw'])(
    'when the host ends by itself (%s), with contexts that were not disposed of',
    async (how) => {
      const child = await host(how);
      const pids = descendantsOf(child.pid!);
      if (child.exitCode === null) await once(child, 'exit');
      expect(child.exitCode).toBe(how === 'exit' ? 0 : 1);
      await gone(...pids);
    },
    300_000,
  );

  it('when workers end in every way', async () => {
    const before = new Set(childrenOf(process.pid));
    await Promise.all(
      (['clean', 'undisposed', 'running'] as const).map(async (leave, id) => {
        const thread = new Worker(worker, { workerData: { id, leave } });
        const exit = once(thread, 'exit');
        exit.catch(() => {}); // the other one reports it
        const [sum] = await once(thread, 'message');
        expect(sum).toBe(3 * id + 3);
        if (leave === 'undisposed') await thread.terminate();
        await exit;
      }),
    );
    // Zombies count, because nobody else would wait for them.
    expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toStrictEqual([]);
  }, 300_000);
});
