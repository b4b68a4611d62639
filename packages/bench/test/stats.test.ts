import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, medianInterval, randomSource, summarize } from '../src/stats.js';

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe('summarize', () => {
  it('returns known values', () => {
    expect(summarize(upTo(100).reverse())).toEqual({ n: 100, median: 50.5, p95: 95.05, p99: 99.01 });
    expect(summarize(upTo(1001))).toEqual({ n: 1001, median: 501, p95: 951, p99: 991 });
    expect(summarize([7])).toEqual({ n: 1, median: 7, p95: 7, p99: 7 });
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('sorts as numbers', () => expect(median([10, 9, 100])).toBe(10));

  it('outliers are kept', () => {
    const { n, p99 } = summarize([...upTo(98), 1e9, 1e9]);
    expect([n, p99]).toEqual([100, 1e9]);
  });

  it('law: the order of samples does not matter, and quantiles ascend within the samples', () => {
    const samples = fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), { minLength: 1 });
    fc.assert(
      fc.property(samples, (values) => {
        const { median, p95, p99 } = summarize(values);
        expect(summarize(values.toReversed())).toEqual(summarize(values));
        const all = [Math.min(...values), median, p95, p99, Math.max(...values)];
        expect(all.every((value, index) => index === 0 || value >= all[index - 1]!)).toBe(true);
      }),
    );
  });
});

describe('the bootstrap', () => {
  const noise = (seed: number, n: number, around: number) => {
    const random = randomSource(seed);
    return Array.from({ length: n }, () => around + random() - 0.5);
  };

  it('gives the same interval for the same samples', () => {
    const trials = [noise(1, 20, 10), noise(2, 20, 10)];
    expect(medianInterval(trials)).toEqual(medianInterval(trials));
  });

  it('holds the middle, and is narrow where samples agree', () => {
    const { low, high } = medianInterval([noise(1, 50, 10), noise(2, 50, 10), noise(3, 50, 10)]);
    expect(low).toBeGreaterThan(9.5);
    expect(low).toBeLessThan(10);
    expect(high).toBeGreaterThan(10);
    expect(high).toBeLessThan(10.5);
    expect(medianInterval([[3, 3], [3]])).toEqual({ low: 3, high: 3 });
  });

  it('is as wide as trials differ, however many rounds each has', () => {
    const { low, high } = medianInterval([noise(1, 500, 10), noise(2, 500, 20)]);
    expect(low).toBeLessThan(11);
    expect(high).toBeGreaterThan(19);
  });
});
