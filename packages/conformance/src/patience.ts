/** Deadlines that hold on a busy machine: a late result is compared to the machine's current speed. */
import assert from 'node:assert/strict';
import { availableParallelism, loadavg } from 'node:os';

/** Milliseconds of processor time that are spun to measure the wall time they take. */
const SPIN = 40;
/** A scheduler is fair over seconds, not in each of them, so one of two slow processes may be slower. */
const UNFAIR = 3;

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * The ratio of wall time to processor time: other processes compete for the processor, and a hypervisor may take it
 * away.
 */
function stretch(): number {
  const started = performance.now();
  const before = processorTime();
  while (processorTime() - before < SPIN);
  return (performance.now() - started) / SPIN;
}

/**
 * How many times slower this machine is now than an idle one; at least 1. The load of the last minute counts, because
 * the late work was done in that minute.
 */
function slowdown(): number {
  const waiting = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.max(1, stretch(), waiting);
}

/** A machine that stalls for a moment, and is fast when measured, does not do so every time. */
const TRIES = 4;

/**
 * Checks that `work`, which returns its milliseconds, does not take longer than `most`, scaled by the machine's speed.
 * A real delay is late in every try. The machine's speed is measured only after a late try.
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

/** The milliseconds that the work took. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The time at which to give up on an event that was due within this many milliseconds. Call it when they are over. */
export const lastMoment = (started: number, within: number): number => started + within * slowdown() * UNFAIR;
