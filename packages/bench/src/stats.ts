/** What is said about samples. Outliers are samples like any other: nothing is dropped. */
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

/** A source of numbers in [0, 1) that gives the same ones for the same seed. */
export function randomSource(seed: number): () => number {
  const generator = xorshift128plus(seed);
  return () => uniformFloat64(generator);
}

/**
 * A 95% bootstrap interval of the median of medians, in two stages as the samples came: trials are drawn first,
 * for two rounds of one trial are more alike than two of different trials.
 */
export function medianInterval(trials: readonly (readonly number[])[], draws = 1000, seed = 1): Interval {
  const random = randomSource(seed);
  const medians = Array.from({ length: draws }, () => {
    const drawn = sampleWithReplacement(trials as (readonly number[])[], trials.length, random);
    return median(drawn.map((rounds) => median(sampleWithReplacement(rounds as number[], rounds.length, random))));
  });
  const ordered = sorted(medians);
  return { low: quantileSorted(ordered, 0.025), high: quantileSorted(ordered, 0.975) };
}
