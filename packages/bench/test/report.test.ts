import { expect, it } from 'vitest';
import type { Facts } from '../src/facts.js';
import { makeReport, type Report, verdict } from '../src/report/index.js';
import { printable } from '../src/tables/text.js';
import { amount } from '../src/tables/units.js';
import type { Suite, TrialSamples } from '../src/types.js';

const SUITE: Suite = {
  name: 'made-up',
  what: '',
  headline: { question: 'How long?', answers: { copy: 'a copy', nothing: 'not measured' } },
  groups: [
    {
      name: 'all',
      specs: [
        { subject: 'floor', what: '', unit: 'us', floors: [] },
        { subject: 'other', what: '', unit: 'us', floors: [] },
        { subject: 'copy', what: '', unit: 'us', floors: ['floor', 'other'], bytes: 4000 },
        {
          ...{ subject: 'added', what: '', unit: 'us', floors: [] },
          derived: { from: ['floor', 'copy'], of: ([a = 0, b = 0]) => b - a },
        },
        { subject: 'held', what: '', unit: 'KiB', floors: [], once: true },
      ],
      open: () => Promise.reject(new Error('never opened')),
    },
  ],
  targets: [
    { what: 'slow copy', subject: 'copy', floor: 'floor', atMost: 1.5 },
    { what: 'held', subject: 'held', floor: null, atMost: 256 },
  ],
};
const SUBJECTS = ['floor', 'other', 'copy', 'added', 'held'];

const trial = (number: number, samples: TrialSamples['samples']): TrialSamples => ({
  ...{ trial: number, seconds: 1, load: { before: 0, after: 0 }, stealMs: 0, skipped: [], samples },
});
const facts = { cpu: {}, kvm: {}, versions: {}, kernel: '' } as unknown as Facts;
const INPUT = { suite: SUITE, subjects: SUBJECTS, quick: false, rounds: 2, facts };
const report = (...trials: TrialSamples[]) => makeReport({ ...INPUT, trials });

const WHOLE = {
  floor: [
    [1000, 1000],
    [3000, 3000],
  ],
  other: [[4000], []],
  copy: [[2000], [6000]],
  held: [[100]],
};

it('rows have microseconds from nanoseconds, and each ratio is to the floor of the same trial', () => {
  const { rows } = report(trial(1, WHOLE), trial(2, { ...WHOLE, copy: [[20_000], [20_000]] }));
  const row = (number: number, floor: string) =>
    rows.find((row) => row.trial === number && row.subject === 'copy' && row.floor === floor);
  expect(row(1, 'floor')).toMatchObject({ unit: 'us', n: 2, median: 4, p95: 5.8, p99: 5.96, ratio: 2 });
  expect(row(1, 'other')).toMatchObject({ ratio: 1 });
  expect(row(2, 'floor')).toMatchObject({ median: 20, ratio: 10 });
  expect(rows.find((row) => row.subject === 'floor')).toMatchObject({ n: 4, median: 2, floor: null, ratio: null });
  expect(rows.find((row) => row.subject === 'held')).toMatchObject({ unit: 'KiB', median: 100 });
});

it('derived subjects are made round by round', () => {
  const { rows } = report(trial(1, { ...WHOLE, copy: [[2000], []] }));
  expect(rows.find((row) => row.subject === 'added')).toMatchObject({ n: 1, median: 1 });
});

it('the summary is over trials; rates are of the payload', () => {
  const slow = { ...WHOLE, copy: [[8000], [8000]] };
  const { summary } = report(trial(1, WHOLE), trial(2, slow), trial(3, slow));
  const row = summary.find((entry) => entry.subject === 'copy' && entry.floor === 'floor');
  expect(row).toMatchObject({ trials: 3, median: 8, min: 4, max: 8, ratio: 4, gigabytesPerSecond: 0.5 });
});

it('a drift of subject and floor alike is not in the interval of their ratio', () => {
  const { summary } = report(trial(1, WHOLE));
  expect(summary.find((entry) => entry.subject === 'copy')?.ratioInterval).toEqual({ low: 2, high: 2 });
});

it('a verdict needs a difference beyond the noise', () => {
  expect(verdict({ low: 1, high: 1.5 }, 1.5)).toBe('reached');
  expect(verdict({ low: 1.4, high: 1.6 }, 1.5)).toBe('within the noise');
  expect(verdict({ low: 1.51, high: 1.6 }, 1.5)).toBe('missed');
  const verdicts = (made: Report) => made.targets.map((target) => target.verdict);
  const trials = [1, 2, 3].map((number) => trial(number, WHOLE));
  expect(verdicts(report(...trials))).toEqual(['missed', 'reached']);
  // Two trials say little of the next one, and a quick run says nothing.
  expect(verdicts(report(...trials.slice(1)))).toEqual(['not judged', 'not judged']);
  expect(verdicts(makeReport({ ...INPUT, quick: true, trials }))).toEqual(['not judged', 'not judged']);
  expect(verdicts(report(trial(1, {})))).toEqual(['not measured', 'not measured']);
});

it('a subject without its floor has no row against it, and the report lists that', () => {
  const { floor: _, ...rest } = WHOLE;
  const { rows, skipped } = report(trial(1, rest));
  expect(rows.filter((row) => row.subject === 'copy').map(({ floor }) => floor)).toEqual(['other']);
  expect(skipped).toEqual([{ trial: 1, subject: 'copy', reason: 'its floor floor was not measured' }]);
});

it('the text for people has all parts', () => {
  const text = printable(report(trial(1, WHOLE)));
  expect(text).toMatch(/copy\s.*4\.00 µs.*floor.*2\.000.*1\.00 /);
  expect([amount(0.05, 'us'), amount(1234, 'us'), amount(2e6, 'us')]).toEqual(['50.0 ns', '1.23 ms', '2.00 s']);
  expect([amount(3, 'threads'), amount(12.34, 'KiB'), amount(20480, 'KiB')]).toEqual(['3', '12.3 KiB', '20.0 MiB']);
});
