/** Two ways to generate load: callers that wait for their answers, and arrivals that do not wait. */
import { randomSource } from '../../stats.js';

export type Call = () => Promise<unknown>;

const now = () => process.hrtime.bigint();
const since = (start: bigint) => Number(now() - start);

export interface Finished {
  /** Nanoseconds of each call, in the order in which they ended. */
  readonly latencies: readonly number[];
  /** Nanoseconds from the start to each call's end. */
  readonly ends: readonly number[];
}

export interface Budget {
  readonly milliseconds: number;
  /** The most calls in all, however fast they are. */
  readonly most: number;
}

/** Closed loop: each caller calls again as soon as it has its answer, until the time or the calls are used up. */
export async function closedLoop(call: Call, callers: number, { milliseconds, most }: Budget): Promise<Finished> {
  const latencies: number[] = [];
  const ends: number[] = [];
  let begun = 0;
  const start = now();
  const caller = async () => {
    do {
      if (begun++ >= most) return;
      const began = now();
      await call();
      latencies.push(since(began));
      ends.push(since(start));
    } while (since(start) < milliseconds * 1e6);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { latencies, ends };
}

const MOST_STRETCHES = 10;

/**
 * Nanoseconds of wall time per call, over up to ten stretches of as many calls each: the inverse of throughput. The
 * last calls are left out, because some callers have stopped by then.
 */
export function timePerCall({ ends }: Finished, callers: number): number[] {
  const whole = ends.length > 2 * callers ? ends.slice(0, ends.length - callers + 1) : ends;
  const stretches = Math.min(MOST_STRETCHES, Math.max(1, Math.floor(whole.length / Math.max(2 * callers, 4))));
  const size = Math.floor(whole.length / stretches);
  return Array.from({ length: stretches }, (_, index) => {
    const before = index === 0 ? 0 : whole[index * size - 1]!;
    return (whole[(index + 1) * size - 1]! - before) / size;
  });
}

/** Arrival times in milliseconds of `count` calls at even intervals, `perSecond` each second. */
export function evenly(count: number, perSecond: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 1000) / perSecond);
}

/** Arrivals of independent users: a Poisson process, the same for the same seed. */
export function poisson(count: number, perSecond: number, seed: number): number[] {
  const random = randomSource(seed);
  let at = 0;
  return Array.from({ length: count }, () => {
    at += (-Math.log(1 - random()) * 1000) / perSecond;
    return at;
  });
}

/** Arrivals whose rate grows from 0 to `perSecond` within `seconds`, and stays there for as long. */
export function ramp(perSecond: number, seconds: number): number[] {
  const rising = (perSecond * seconds) / 2;
  const count = Math.round(rising + perSecond * seconds);
  return Array.from({ length: count }, (_, index) => {
    if (index < rising) return 1000 * Math.sqrt((2 * index * seconds) / perSecond);
    return 1000 * (seconds + (index - rising) / perSecond);
  });
}

/** Milliseconds before an arrival during which the loop polls the clock, because a timer may be late by as much. */
const TIMERS_ARE_LATE = 2;

async function until(milliseconds: number, start: bigint): Promise<void> {
  for (;;) {
    const left = milliseconds - since(start) / 1e6;
    if (left <= 0) return;
    if (left > TIMERS_ARE_LATE) await new Promise((resolve) => setTimeout(resolve, left - TIMERS_ARE_LATE));
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Open loop.
 * @returns nanoseconds from the scheduled arrival of each call to its answer, so that the figure includes the delay of
 * a call that starts late because everything was busy.
 */
export async function openLoop(call: Call, arrivals: readonly number[]): Promise<number[]> {
  const start = now();
  const calls: Promise<number>[] = [];
  for (const arrival of arrivals) {
    await until(arrival, start);
    calls.push(call().then(() => since(start) - arrival * 1e6));
  }
  return Promise.all(calls);
}
