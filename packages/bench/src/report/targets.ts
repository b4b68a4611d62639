/** Verdicts on the targets. */
import { type Interval, medianInterval } from '../stats.js';
import type { Target } from '../types.js';
import { type Measured, roundMedians } from './measured.js';
import type { SummaryRow, TargetRow, Verdict } from './types.js';

/** With fewer trials, the spread between processes is unknown. */
export const FEWEST_TRIALS = 3;

/** A figure that was measured, without a verdict. */
export const notJudged = (row: TargetRow): TargetRow =>
  row.verdict === 'not measured' ? row : { ...row, verdict: 'not judged' };

/** A verdict is definite only beyond the noise. */
export function verdict({ low, high }: Interval, atMost: number): Verdict {
  if (high <= atMost) return 'reached';
  return low > atMost ? 'missed' : 'within the noise';
}

export function targetRow(target: Target, summary: readonly SummaryRow[], trials: readonly Measured[]): TargetRow {
  const { subject, floor, atMost } = target;
  const row = summary.find((entry) => entry.subject === subject && (floor === null || entry.floor === floor));
  if (row === undefined) return { ...target, value: null, interval: null, verdict: 'not measured' };
  if (floor !== null)
    return { ...target, value: row.ratio, interval: row.ratioInterval, verdict: verdict(row.ratioInterval!, atMost) };
  const values = trials.flatMap((trial) => (trial.has(subject) ? [roundMedians(trial.get(subject)!)] : []));
  const interval = medianInterval(values);
  return { ...target, value: row.median, interval, verdict: verdict(interval, atMost) };
}
