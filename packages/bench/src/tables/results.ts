/** Costs, ratios, distributions and targets as tables. */
import type { Cell } from '@colony/page';
import type { Distribution } from '../distribution.js';
import type { Report, SummaryRow, TargetRow } from '../report/index.js';
import type { Interval } from '../stats.js';
import type { Unit } from '../types.js';
import type { Grid } from './grid.js';
import { amount, factor, percent } from './units.js';

function summaryCells(row: SummaryRow): string[] {
  const { unit, median, min, max, floor, ratio, ratioInterval, gigabytesPerSecond } = row;
  const spread = `${amount(min, unit)} .. ${amount(max, unit)}`;
  const interval = ratioInterval === null ? '' : `${factor(ratioInterval.low)} .. ${factor(ratioInterval.high)}`;
  const rate = gigabytesPerSecond === null ? '' : gigabytesPerSecond.toPrecision(3);
  return [amount(median, unit), spread, floor ?? '', ratio === null ? '' : factor(ratio), interval, rate];
}

/** A subject's name, and below it what was timed. */
function explained({ subjects }: Report, subject: string): Cell {
  const what = subjects.find((known) => known.subject === subject)?.what;
  return { text: subject, ...(what ? { note: what } : {}) };
}

export const summaryGrid = (report: Report): Grid => ({
  id: 'summary',
  title: 'Against the floors',
  head: ['subject', 'median', 'over trials', 'measured against', 'ratio', '95%', 'GB/s'],
  right: [1, 2, 4, 5, 6],
  code: [0, 3],
  rows: report.summary.map((row) => [explained(report, row.subject), ...summaryCells(row)]),
});

const range = (interval: Interval | null, unit: Unit) =>
  interval === null ? '' : `${amount(interval.low, unit)} .. ${amount(interval.high, unit)}`;

type Columns = readonly (readonly [head: string, of: (distribution: Distribution, unit: Unit) => string])[];

const within = ({ percent: width }: Distribution) => (width === null ? '' : `±${percent(width)}`);
const SHORT: Columns = [
  ['samples', ({ n }) => String(n)],
  ['median', ({ median }, unit) => amount(median, unit)],
  ['95%', within],
  ['p75 - p25', ({ spread }, unit) => amount(spread, unit)],
  ['p95', ({ p95 }, unit) => amount(p95, unit)],
  ['p99', ({ p99 }, unit) => amount(p99, unit)],
  ['max', ({ max }, unit) => amount(max, unit)],
];
const FULL: Columns = [
  ['samples', ({ n }) => String(n)],
  ['min', ({ min }, unit) => amount(min, unit)],
  ['median', ({ median }, unit) => amount(median, unit)],
  ['95% of it', ({ intervals }, unit) => range(intervals.median, unit)],
  ['p75 - p25', ({ spread }, unit) => amount(spread, unit)],
  ['95% of it', ({ intervals }, unit) => range(intervals.spread, unit)],
  ['p95', ({ p95 }, unit) => amount(p95, unit)],
  ['95% of it', ({ intervals }, unit) => range(intervals.p95, unit)],
  ['p99', ({ p99 }, unit) => amount(p99, unit)],
  ['95% of it', ({ intervals }, unit) => range(intervals.p99, unit)],
  ['max', ({ max }, unit) => amount(max, unit)],
];

/** A summary of all samples of all trials; the full form adds each figure's interval. */
export function distributionGrid(report: Report, subjects: readonly string[], how: 'short' | 'full'): Grid {
  const columns = how === 'short' ? SHORT : FULL;
  return {
    id: 'distributions',
    title: 'All samples',
    head: ['subject', ...columns.map(([head]) => head)],
    right: columns.map((_, index) => index + 1),
    code: [0],
    rows: subjects.flatMap((subject) => {
      const distribution = report.distributions[subject];
      const unit = report.subjects.find((known) => known.subject === subject)?.unit ?? 'us';
      return distribution === undefined ? [] : [[subject, ...columns.map(([, of]) => of(distribution, unit))]];
    }),
  };
}

function targetCells({ what, subject, floor, atMost, value, interval, verdict }: TargetRow, unit: Unit): string[] {
  const show = (number: number) => (floor === null ? amount(number, unit) : factor(number));
  const reached = interval === null ? '' : `${show(interval.low)} .. ${show(interval.high)}`;
  const against = floor === null ? subject : `${subject} / ${floor}`;
  return [what, against, show(atMost), value === null ? '' : show(value), reached, verdict];
}

export const targetGrid = (report: Report): Grid => ({
  id: 'targets',
  title: 'Targets',
  head: ['target', 'subject / floor', 'at most', 'here', '95%', 'verdict'],
  right: [2, 3, 4],
  code: [1],
  rows: report.targets.map((row) =>
    targetCells(row, report.subjects.find(({ subject }) => subject === row.subject)?.unit ?? 'us'),
  ),
});
