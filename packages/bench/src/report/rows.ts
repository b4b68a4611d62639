/** Rows of each trial, and their summary over trials. */
import { median, medianInterval, summarize } from '../stats.js';
import type { Spec } from '../types.js';
import { type Measured, medianOf, type Rounds } from './measured.js';
import type { Row, SummaryRow } from './types.js';

/** Computes ratios round by round, so that drift during a trial affects both sides. */
function pairedRatios(subject: Rounds, floor: Rounds): number[] {
  const whole = medianOf(floor);
  return subject.flatMap((round, index) => {
    const beside = floor[index] ?? [];
    return round.length === 0 ? [] : [median(round) / (beside.length > 0 ? median(beside) : whole)];
  });
}

/** Floors of a subject for which there are rows; [null] if the subject is a floor itself. */
export const floorsOf = (spec: Spec): readonly (string | null)[] => (spec.floors.length === 0 ? [null] : spec.floors);

export function rowsOf(specs: readonly Spec[], trial: number, all: Measured): Row[] {
  return specs.flatMap((spec) => {
    const rounds = all.get(spec.subject);
    if (rounds === undefined) return [];
    const { subject, unit } = spec;
    const statistics = summarize(rounds.flat());
    return floorsOf(spec).flatMap((floor): Row[] => {
      if (floor === null) return [{ trial, subject, unit, ...statistics, floor, ratio: null }];
      const beside = all.get(floor);
      return beside === undefined
        ? []
        : [{ trial, subject, unit, ...statistics, floor, ratio: statistics.median / medianOf(beside) }];
    });
  });
}

export function summaryRow(spec: Spec, floor: string | null, trials: readonly Measured[]): SummaryRow[] {
  const both = trials.filter((trial) => trial.has(spec.subject) && (floor === null || trial.has(floor)));
  if (both.length === 0) return [];
  const { subject, unit, bytes } = spec;
  const medians = both.map((trial) => medianOf(trial.get(subject)!));
  const middle = median(medians);
  const ratios =
    floor === null ? null : both.map((trial) => medianOf(trial.get(subject)!) / medianOf(trial.get(floor)!));
  const paired = floor === null ? null : both.map((trial) => pairedRatios(trial.get(subject)!, trial.get(floor)!));
  return [
    {
      ...{ subject, unit, trials: both.length },
      ...{ median: middle, min: Math.min(...medians), max: Math.max(...medians), floor },
      ratio: ratios === null ? null : median(ratios),
      ratioInterval: paired === null ? null : medianInterval(paired),
      gigabytesPerSecond: bytes === undefined ? null : bytes / (middle * 1000),
    },
  ];
}
