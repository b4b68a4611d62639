/** Deadlines that hold on a busy machine: what took longer than it should is compared with what the machine gives now. */
import assert from 'node:assert/strict';
import { availableParallelism, loadavg } from 'node:os';

/** Milliseconds of processor time that are spun through to see how long they take. */
const SPIN = 40;
/** Of two processes that are both slow, one may be slower: a scheduler is fair over seconds, not over each of them. */
const UNFAIR = 3;

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** How long a bit of processor time takes: other processes wait for the processor, and the host may take it away. */
function stretch(): number {
  const started = performance.now();
  const before = processorTime();
  while (processorTime() - before < SPIN);
  return (performance.now() - started) / SPIN;
}

/**
 * How many times slower this machine is now than an idle one; 1 at least. The load of the last minute counts, since
 * work that waited was done in that minute.
 */
function slowdown(): number {
  const waiting = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.max(1, stretch(), waiting);
}

/** A machine that stood still for a moment, and was quick again when it was measured, does not do so each time. */
const TRIES = 4;

/**
 * Checks that `work`, which gives how many milliseconds it took, does not take longer than `most` on an idle machine, or
 * than the machine at hand needs for that. What is late is late each time. A machine in time is never measured.
 */
export async function assertWithin(most: number, what: string, work: () => Promise<number>): Promise<void> {
  const late: string[] = [];
  while (late.length < TRIES) {
    const took = await work();
    if (took < most) return;
    const factor = slowdown() * UNFAIR;
    if (took < most * factor) return;
    late.push(`${Math.round(took)} ms, where the machine is ${factor.toFixed(1)} times slower than idle`);
  }
  assert.fail(`${what}: of ${Math.round(most)} ms on an idle machine, it took ${late.join('; ')}`);
}

/** Milliseconds that it took. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** When to give up on what should have come within so many milliseconds: asked when these are over. */
export const lastMoment = (started: number, within: number): number => started + within * slowdown() * UNFAIR;
