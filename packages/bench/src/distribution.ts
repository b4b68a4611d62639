/** The distribution of a subject's samples over all trials: quantiles and their confidence intervals. */
import { quantileSorted } from 'simple-statistics';
import { type Interval, randomSource } from './stats.js';

/** Samples of a subject: an array of trials, each an array of rounds, each an array of samples. */
export type Samples = readonly (readonly (readonly number[])[])[];

/** Probabilities at which quantiles are stored: enough for a chart of the distribution, for any number of samples. */
export const GRID = [
  0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1,
] as const;

/** 95% bootstrap intervals; null if there is only one block of samples, which does not predict the next. */
export interface Intervals {
  readonly median: Interval | null;
  readonly p95: Interval | null;
  readonly p99: Interval | null;
  readonly spread: Interval | null;
}

export interface Distribution {
  /** Number of samples of all trials, outliers included. */
  readonly n: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  /** Width of the middle half (p75 - p25). */
  readonly spread: number;
  readonly intervals: Intervals;
  /** Half the width of the median's interval, in per cent of the median; null without an interval. */
  readonly percent: number | null;
  /** Quantiles at the probabilities of `GRID`. */
  readonly quantiles: readonly number[];
}

/** Sorted samples, each with its block (trial and round). */
interface Pool {
  readonly values: Float64Array;
  readonly blocks: Uint32Array;
  /** The blocks of each trial. */
  readonly trials: readonly (readonly number[])[];
}

const DRAWS = 400;
const PROBABILITIES = [0.25, 0.5, 0.75, 0.95, 0.99] as const;

function poolOf(samples: Samples): Pool {
  const all: { value: number; block: number }[] = [];
  const trials: number[][] = [];
  let block = 0;
  for (const rounds of samples) {
    const own: number[] = [];
    for (const round of rounds) {
      if (round.length === 0) continue;
      for (const value of round) all.push({ value, block });
      own.push(block++);
    }
    if (own.length > 0) trials.push(own);
  }
  all.sort((a, b) => a.value - b.value);
  return {
    values: Float64Array.from(all, ({ value }) => value),
    blocks: Uint32Array.from(all, (sample) => sample.block),
    trials,
  };
}

/** How often each block occurs in one draw: trials are drawn first, then as many rounds as the trial had. */
function drawWeights(trials: Pool['trials'], count: number, random: () => number): Uint32Array {
  const weights = new Uint32Array(count);
  const any = (length: number) => Math.floor(random() * length);
  for (let i = 0; i < trials.length; i++) {
    const trial = trials[any(trials.length)]!;
    for (let j = 0; j < trial.length; j++) weights[trial[any(trial.length)]!]!++;
  }
  return weights;
}

/** Quantiles of the samples, each weighted by how often its block was drawn, in one pass over the sorted samples. */
function weightedQuantiles({ values, blocks }: Pool, weights: Uint32Array): number[] {
  let total = 0;
  for (const block of blocks) total += weights[block]!;
  const quantiles: number[] = [];
  let passed = 0;
  for (let i = 0; i < values.length && quantiles.length < PROBABILITIES.length; i++) {
    passed += weights[blocks[i]!]!;
    while (quantiles.length < PROBABILITIES.length && passed >= PROBABILITIES[quantiles.length]! * total && passed > 0)
      quantiles.push(values[i]!);
  }
  return quantiles;
}

const NO_INTERVALS: Intervals = { median: null, p95: null, p99: null, spread: null };

function intervalsOf(pool: Pool, seed: number): Intervals {
  const count = pool.trials.flat().length;
  // One round of one trial gives no interval: consecutive samples are not independent.
  if (count < 2) return NO_INTERVALS;
  const random = randomSource(seed);
  const draws = Array.from({ length: DRAWS }, () => weightedQuantiles(pool, drawWeights(pool.trials, count, random)));
  const interval = (of: (quantiles: readonly number[]) => number): Interval => {
    const ordered = draws.map(of).sort((a, b) => a - b);
    return { low: quantileSorted(ordered, 0.025), high: quantileSorted(ordered, 0.975) };
  };
  return {
    median: interval((quantiles) => quantiles[1]!),
    p95: interval((quantiles) => quantiles[3]!),
    p99: interval((quantiles) => quantiles[4]!),
    spread: interval((quantiles) => quantiles[2]! - quantiles[0]!),
  };
}

/** @throws Error if there are no samples. */
export function distributionOf(samples: Samples, seed = 1): Distribution {
  const pool = poolOf(samples);
  const { values } = pool;
  if (values.length === 0) throw new Error('a distribution of no samples');
  const at = (probability: number) => quantileSorted(values as unknown as number[], probability);
  const intervals = intervalsOf(pool, seed);
  const median = at(0.5);
  return {
    n: values.length,
    min: at(0),
    max: at(1),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    median,
    p95: at(0.95),
    p99: at(0.99),
    spread: at(0.75) - at(0.25),
    intervals,
    percent: halfWidth(intervals.median, median),
    quantiles: GRID.map(at),
  };
}

function halfWidth(interval: Interval | null, median: number): number | null {
  if (interval === null) return null;
  if (interval.high === interval.low) return 0;
  return median === 0 ? null : (50 * (interval.high - interval.low)) / Math.abs(median);
}
