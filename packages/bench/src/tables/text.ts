/** The report in a terminal. */
import { textOf } from '@colony/page';
import Table from 'cli-table3';
import type { Comparison } from '../compare.js';
import type { Report } from '../report/index.js';
import { comparisonGrid } from './comparison.js';
import { factLines, QUICK_WARNING, skippedOf } from './facts.js';
import type { Grid } from './grid.js';
import { isolationGrid, lawsGrid, probesGrid } from './isolation.js';
import { distributionGrid, summaryGrid, targetGrid } from './results.js';

/** Least width in columns to which a spanning row is wrapped, even if the table is narrower. */
const NARROWEST = 96;

function wrapped(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last.length > 0 && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last.length > 0 ? `${last} ${word}` : word;
  }
  return lines.join('\n');
}

function gridText({ head, right = [], rows, notes = [] }: Grid): string {
  const colAligns = head.map((_, index) => (right.includes(index) ? 'right' : 'left')) as ('left' | 'right')[];
  const table = new Table({ head: [...head], colAligns, style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    if (typeof row === 'string')
      table.push([{ colSpan: head.length, content: wrapped(`» ${row}`, NARROWEST), hAlign: 'left' }]);
    else table.push(row.map(textOf));
  }
  return [table.toString(), ...notes].join('\n');
}

export function printable(report: Report): string {
  const skipped = skippedOf(report);
  const [laws, attacks] = [lawsGrid(report), probesGrid(report, false)];
  const parts = [...factLines(report), ...(report.quick ? [QUICK_WARNING] : [])];
  const add = (grid: Grid | undefined) => {
    if (grid !== undefined && grid.rows.length > 0) parts.push('', `${grid.title}:`, gridText(grid));
  };
  add(isolationGrid(report));
  add(laws);
  add(attacks);
  add(summaryGrid(report));
  add(distributionGrid(report, Object.keys(report.distributions), 'short'));
  add(targetGrid(report));
  if (skipped.length > 0) {
    const lines = skipped.map(
      ({ subject, reason, trials }) => `  ${subject}: ${reason}${trials > 1 ? ` (${trials} trials)` : ''}`,
    );
    parts.push('', `Not measured (${skipped.length}):`, ...lines);
  }
  return parts.join('\n');
}

export const printableComparison = (comparison: Comparison): string => gridText(comparisonGrid(comparison));
