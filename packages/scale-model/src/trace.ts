/** Arrival times, in seconds from the start; the same seed gives the same times. */
import { randomSource } from '@colony/bench/figures';

export const exponential = (random: () => number, mean: number) => -Math.log(1 - random()) * mean;

/** A heavy-tailed sample with this mean; `shape` is above 1. */
const pareto = (random: () => number, mean: number, shape: number) =>
  (mean * (shape - 1)) / shape / (1 - random()) ** (1 / shape);

export function poissonTrace(seed: number, seconds: number, rate: number): number[] {
  const random = randomSource(seed);
  const arrivals: number[] = [];
  for (let at = exponential(random, 1 / rate); at < seconds; at += exponential(random, 1 / rate)) arrivals.push(at);
  return arrivals;
}

export interface Bursts {
  readonly seed: number;
  readonly seconds: number;
  /** Calls a second between bursts, and during them. */
  readonly quiet: number;
  readonly burst: number;
  /** Mean seconds between bursts (exponential), and of a burst (Pareto: a few are much longer than most). */
  readonly between: number;
  readonly lasts: number;
}

/** Shape of the Pareto distribution of burst lengths: finite mean, infinite variance. */
const BURST_SHAPE = 1.5;

/** Bursts over a low rate: arrivals are Poisson within each state. */
export function burstyTrace({ seed, seconds, quiet, burst, between, lasts }: Bursts): number[] {
  const random = randomSource(seed);
  const arrivals: number[] = [];
  let bursting = false;
  for (let from = 0; from < seconds; bursting = !bursting) {
    const length = bursting ? pareto(random, lasts, BURST_SHAPE) : exponential(random, between);
    const until = Math.min(seconds, from + length);
    const rate = bursting ? burst : quiet;
    for (let at = from + exponential(random, 1 / rate); at < until; at += exponential(random, 1 / rate))
      arrivals.push(at);
    from = until;
  }
  return arrivals;
}
