/** Verdicts on the targets. */
import { type Interval, medianInterval } from '../stats.js';
import type { Target } from '../types.js';
import { type Measured, roundMedians } from './measured.js';
import type { SummaryRow, TargetRow, Verdict } from './types.js';

/** With fewer trials, the spread between processes is unknown. */
export const FEWEST_TRIALS = 3;

/** A verdict is definite only beyond the noise. */
export function verdict({ low, high }: Interval, atMost: number): Verdict {
  if (high <= atMost) return 'reached';
  return low > atMost ? 'missed' : 'within the noise';
}

/** Quick runs and runs of few trials have figures, but no verdict. */
export function targetRow(
  target: Target,
  summary: readonly SummaryRow[],
  trials: readonly Measured[],
  quick: boolean,
): TargetRow {
  const isJudged = !quick && trials.length >= FEWEST_TRIALS;
  const judge = (interval: Interval): Verdict => (isJudged ? verdict(interval, target.atMost) : 'not judged');
  const { subject, floor } = target;
  const row = summary.find((entry) => entry.subject === subject && (floor === null || entry.floor === floor));
  if (row === undefined) return { ...target, value: null, interval: null, verdict: 'not measured' };
  if (floor !== null)
    return { ...target, value: row.ratio, interval: row.ratioInterval, verdict: judge(row.ratioInterval!) };
  const values = trials.flatMap((trial) => (trial.has(subject) ? [roundMedians(trial.get(subject)!)] : []));
  const interval = medianInterval(values);
  return { ...target, value: row.median, interval, verdict: judge(interval) };
}
