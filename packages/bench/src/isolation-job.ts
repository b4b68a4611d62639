/** Entry of a process that runs the laws on one backend, or one attack on one peer. Either may end the process. */
import { Worker } from 'node:worker_threads';
import { attack, type Secrets } from './isolation/attacks.js';
import { colonyProbe } from './isolation/colony.js';
import { lawsOf } from './isolation/laws.js';
import { findSuite } from './suites/index.js';

export type IsolationJob =
  | { readonly kind: 'laws'; readonly backend: string }
  | {
      readonly kind: 'attack';
      readonly suite: string;
      readonly peer: string;
      readonly id: string;
      readonly secrets: Secrets;
    };

/** Messages from the job to its parent; `ready` is sent before an attack begins. */
export type JobMessage<T> = { readonly ready: true } | { readonly result: T } | { readonly error: string };

function run(job: IsolationJob): Promise<unknown> {
  if (job.kind === 'laws') return lawsOf(job.backend);
  const open = findSuite(job.suite).probes?.[job.peer] ?? colonyProbe(job.peer);
  // Sent at once: an endless loop would block later messages.
  return attack(job.id, open, job.secrets, () => void process.send?.({ ready: true }));
}

/**
 * Milliseconds. The parent normally kills this process much earlier. This limit applies if the parent was killed
 * itself, because a loop cannot receive a disconnect.
 */
const LONGEST = { laws: 30 * 60_000, attack: 2 * 60_000 };

function endAfter(milliseconds: number): void {
  const watch = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${milliseconds})`;
  new Worker(watch, { eval: true }).unref();
}

process.once('disconnect', () => process.exit(1));
process.once('message', async (job: IsolationJob) => {
  endAfter(LONGEST[job.kind]);
  const answer = await run(job).then(
    (result) => ({ result }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  process.send?.(answer, () => process.exit(0));
});
