/** A comparison as a table, changes first. */
import type { Comparison } from '../compare.js';
import type { Grid } from './grid.js';
import { amount, factor } from './units.js';

export const changed = (change: string) => ['slower', 'faster', 'more', 'less'].includes(change);

/** All rows with a verdict of change. */
export const changesGrid = (comparison: Comparison): Grid => ({
  ...comparisonGrid(comparison),
  ...{ id: 'compared', rows: rowsOf(comparison.rows.filter(({ change }) => changed(change))) },
});

const rowsOf = (rows: Comparison['rows']) =>
  rows.map(({ subject, unit, old, new: now, ratio, interval, change }) => [
    ...[subject, amount(old, unit), amount(now, unit), factor(ratio)],
    ...[`${factor(interval.low)} .. ${factor(interval.high)}`, change],
  ]);

export function comparisonGrid({ rows, missing, cautions }: Comparison): Grid {
  const ordered = [...rows].sort((a, b) => Number(changed(b.change)) - Number(changed(a.change)));
  const count = rows.filter(({ change }) => changed(change)).length;
  return {
    id: 'comparison',
    title: 'Against the old report',
    head: ['subject', 'old', 'new', 'new / old', '95%', 'verdict'],
    right: [1, 2, 3, 4],
    code: [0],
    rows: rowsOf(ordered),
    notes: [
      `${count} of ${rows.length} subjects changed beyond the noise.`,
      ...(missing.length > 0 ? [`In one of the two reports only: ${missing.join(', ')}`] : []),
      ...cautions.map((line) => `Not only the code differs: ${line}`),
    ],
  };
}
