/** Statistics of samples. Outliers are samples like any other and are never dropped. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { medianSorted, quantileSorted, sampleWithReplacement } from 'simple-statistics';

export interface Statistics {
  readonly n: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An array of trials, each with the medians of its rounds. */
export type Trials = readonly (readonly number[])[];

const sorted = (values: readonly number[]) => Float64Array.from(values).sort() as unknown as number[];

export function median(values: readonly number[]): number {
  return medianSorted(sorted(values));
}

/** Quantiles between two samples are interpolated (R's type 7). */
export function summarize(values: readonly number[]): Statistics {
  const ordered = sorted(values);
  return {
    n: values.length,
    median: medianSorted(ordered),
    p95: quantileSorted(ordered, 0.95),
    p99: quantileSorted(ordered, 0.99),
  };
}

/** A source of numbers in [0, 1); the same seed gives the same sequence. */
export function randomSource(seed: number): () => number {
  const generator = xorshift128plus(seed);
  return () => uniformFloat64(generator);
}

/**
 * A 95% bootstrap interval of the median of medians, in two stages. Trials are drawn first, because two rounds of one
 * trial are more alike than two of different trials.
 */
export function medianInterval(trials: Trials, draws = 1000, seed = 1): Interval {
  const random = randomSource(seed);
  return middle(Array.from({ length: draws }, () => drawnMedian(trials, random)));
}

/** A 95% bootstrap interval of the ratio of two runs' medians. Each run's trials and rounds are drawn separately. */
export function ratioInterval(trials: Trials, to: Trials, draws = 1000, seed = 1): Interval {
  const random = randomSource(seed);
  return middle(Array.from({ length: draws }, () => drawnMedian(trials, random) / drawnMedian(to, random)));
}

function drawnMedian(trials: Trials, random: () => number): number {
  const drawn = sampleWithReplacement(trials as (readonly number[])[], trials.length, random);
  return median(drawn.map((rounds) => median(sampleWithReplacement(rounds as number[], rounds.length, random))));
}

function middle(values: readonly number[]): Interval {
  const ordered = sorted(values);
  return { low: quantileSorted(ordered, 0.025), high: quantileSorted(ordered, 0.975) };
}
