// Measures false alarms and missed changes of a comparison, because both make it worthless.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { describe, expect, it } from 'vitest';
import { compare } from '../src/compare.js';
import type { Report } from '../src/report/index.js';
import { printableComparison } from '../src/tables/text.js';

const facts = { cpu: { model: 'x', count: 2 }, kernel: '6', kvm: { flavour: 'none' }, versions: {}, mitigations: {} };

/** Medians as on a noisy machine: each trial is off by up to 2%, each round by up to 5%, some by a half. */
function run(seed: number, factor = 1, trials = 5, rounds = 20): Report {
  const generator = xorshift128plus(seed);
  const noise = (width: number) => 1 + (uniformFloat64(generator) * 2 - 1) * width;
  const outlier = () => (uniformFloat64(generator) < 0.05 ? 1.5 : 1);
  const medians = (base: number) =>
    Array.from({ length: trials }, () => {
      const ofTrial = base * noise(0.02);
      return Array.from({ length: rounds }, () => ofTrial * noise(0.05) * outlier());
    });
  return {
    suite: 'made-up',
    quick: false,
    facts,
    subjects: ['same', 'changed'].map((subject) => ({ subject, unit: 'us', floors: [], what: '' })),
    medians: { same: medians(50), changed: medians(80 * factor) },
  } as unknown as Report;
}

const changes = (before: Report, after: Report) => compare(before, after).rows.map(({ change }) => change);

describe('over many pairs of runs', () => {
  const seeds = Array.from({ length: 25 }, (_, i) => i + 1);
  it('runs of the same code have no difference', () => {
    expect(
      seeds.flatMap((seed) => changes(run(seed), run(seed + 1000))).filter((change) => change !== 'within the noise'),
    ).toEqual([]);
  });
  it('a slowdown of 10% is found, and so is the speed-up back', () => {
    for (const seed of seeds) {
      expect(changes(run(seed), run(seed + 1000, 1.1))).toEqual(['within the noise', 'slower']);
      expect(changes(run(seed, 1.1), run(seed + 1000))).toEqual(['within the noise', 'faster']);
    }
  });
});

it('a report has no difference from itself', () => {
  const { rows } = compare(run(7), run(7));
  expect(rows.map(({ ratio, change }) => [ratio, change])).toEqual([
    [1, 'within the noise'],
    [1, 'within the noise'],
  ]);
});

it('too few trials give no verdict, whatever their values', () => {
  expect(changes(run(1, 1, 2), run(2, 3, 2))).toEqual(['too few trials', 'too few trials']);
});

it('other differences, and subjects in one report only, are listed', () => {
  const other = { ...run(2), facts: { ...facts, kernel: '7' }, quick: true } as unknown as Report;
  const { changed: _, ...medians } = other.medians;
  const comparison = compare(run(1), { ...other, medians });
  expect(comparison.missing).toEqual(['changed']);
  expect(comparison.cautions).toEqual(['kernel: 6 before, 7 now', expect.stringContaining('--quick')]);
  expect(printableComparison(comparison)).toMatch(/0 of 1 subjects changed beyond the noise/);
});

it('reports of different suites are refused', () => {
  expect(() => compare({ ...run(1), suite: 'another' }, run(2))).toThrow("of the suite 'another'");
  const { medians: _, ...old } = run(1);
  expect(() => compare(old as Report, run(2))).toThrow('measure it again');
});

it('a falling rate is slower, growing memory is more, and zero has no ratio', () => {
  const of = (unit: string, factor: number) => {
    const made = run(3, factor);
    return { ...made, subjects: [{ subject: 'changed', unit, floors: [], what: '' }] } as unknown as Report;
  };
  expect(changes(of('per second', 1), of('per second', 0.8))).toEqual(['slower']);
  expect(changes(of('per second', 1), of('per second', 1.2))).toEqual(['faster']);
  expect(changes(of('KiB', 1), of('KiB', 1.2))).toEqual(['more']);
  expect(changes(of('count', 1), of('count', 0.8))).toEqual(['less']);
  expect(changes(of('us', 0), of('us', 1.2))).toEqual(['within the noise']);
});
