// Statistics of samples: correct if the answer is known, absent without an answer.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { distributionOf, GRID } from '../src/distribution.js';
import { confidenceOf } from '../src/report/confidence.js';
import { randomSource } from '../src/stats.js';

const counting = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

it('quantiles include the outliers', () => {
  const distribution = distributionOf([[counting(99)], [[1_000_000]]]);
  expect(distribution).toMatchObject({ n: 100, min: 1, max: 1_000_000, median: 50.5 });
  expect(distribution.quantiles).toHaveLength(GRID.length);
  expect(distribution.quantiles[GRID.indexOf(0.25)]).toBeCloseTo(25.75);
  expect(distribution.spread).toBeCloseTo(49.5);
});

it('quantiles never fall, and the interval of the median holds it', () => {
  const rounds = fc.array(fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(rounds, { minLength: 2, maxLength: 4 }), (trials) => {
      const { quantiles, n, intervals, min, max } = distributionOf(trials);
      expect(n).toBe(trials.flat(2).length);
      expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
      for (const interval of [intervals.median, intervals.p95, intervals.p99]) {
        expect(interval!.low).toBeLessThanOrEqual(interval!.high);
        expect(interval!.low).toBeGreaterThanOrEqual(min);
        expect(interval!.high).toBeLessThanOrEqual(max);
      }
    }),
    { numRuns: 30, seed: 4 },
  );
});

it('one block of samples has no interval', () => {
  const { intervals, percent } = distributionOf([[counting(1000)]]);
  expect(intervals).toEqual({ median: null, p95: null, p99: null, spread: null });
  expect(percent).toBeNull();
});

it('an empty list of samples has no distribution', () => {
  expect(() => distributionOf([[], [[]]])).toThrow('no samples');
});

/** Trials that are each off by up to 5%, so their common median is not known more precisely. */
function trialsOf(count: number, seed: number): number[][][] {
  const random = randomSource(seed);
  return Array.from({ length: count }, () => {
    const own = 100 * (0.95 + 0.1 * random());
    return Array.from({ length: 10 }, () => Array.from({ length: 20 }, () => own + random()));
  });
}

it('the median lies in its interval about as often as stated, and more trials narrow it', () => {
  const seeds = counting(40);
  const held = (trials: number) =>
    seeds.filter((seed) => {
      const { low, high } = distributionOf(trialsOf(trials, seed)).intervals.median!;
      return low <= 100.5 && high >= 100.5;
    }).length;
  expect(held(8)).toBeGreaterThanOrEqual(32);
  const widths = (trials: number) =>
    seeds.reduce((sum, seed) => sum + distributionOf(trialsOf(trials, seed)).percent!, 0);
  expect(widths(20)).toBeLessThan(widths(5));
});

it('the confidence of a run is computed', () => {
  const made = (percent: number | null) => ({ percent }) as ReturnType<typeof distributionOf>;
  const all = { a: made(1), b: made(4), c: made(2), d: made(null) };
  expect(confidenceOf(all, 2)).toEqual({
    ...{ level: 0.95, until: 2, subjects: 3, within: 2, typical: 2 },
    widest: { subject: 'b', percent: 4 },
  });
  expect(confidenceOf({}).widest).toBeNull();
});
