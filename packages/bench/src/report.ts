/** From samples to what is written: rows of each trial, a summary over trials, and how the targets stand. */
import type { Facts } from './facts.js';
import { type Interval, median, medianInterval, summarize } from './stats.js';
import { type Skip, type Spec, type Suite, specsOf, type Target, type TrialSamples, type Unit } from './types.js';

export interface Row {
  readonly trial: number;
  readonly subject: string;
  readonly unit: Unit;
  readonly n: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  /** The subject that it is measured against, in the same trial; null for floors. */
  readonly floor: string | null;
  /** Median to the floor's median. */
  readonly ratio: number | null;
}

export interface SummaryRow {
  readonly subject: string;
  readonly unit: Unit;
  readonly trials: number;
  /** Of the trials' medians. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly floor: string | null;
  readonly ratio: number | null;
  /** 95% bootstrap interval over trials and their rounds. */
  readonly ratioInterval: Interval | null;
  /** Of payload, where there is one. */
  readonly gigabytesPerSecond: number | null;
}

export type Verdict = 'reached' | 'missed' | 'within the noise' | 'not measured';

export interface TargetRow extends Target {
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly verdict: Verdict;
}

export interface Report {
  readonly suite: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly facts: Facts;
  readonly subjects: readonly {
    readonly subject: string;
    readonly unit: Unit;
    readonly floors: readonly string[];
    readonly what: string;
  }[];
  readonly trials: readonly Omit<TrialSamples, 'samples' | 'skipped'>[];
  readonly rows: readonly Row[];
  /** For each subject, trial by trial, the medians of its rounds: what a comparison draws from. */
  readonly medians: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly summary: readonly SummaryRow[];
  readonly targets: readonly TargetRow[];
  readonly skipped: readonly (Skip & { readonly trial: number })[];
}

type Rounds = readonly (readonly number[])[];
/** One trial's rounds by subject, in the units that are written, derived subjects among them. */
type Measured = ReadonlyMap<string, Rounds>;

const scale = (unit: Unit) => (unit === 'us' ? 1000 : 1);

/** One value for each round in which all of `from` were measured. */
function derive(spec: Spec, samples: TrialSamples['samples']): Rounds {
  const { from, of } = spec.derived!;
  const sources = from.map((subject) => samples[subject] ?? []);
  return (sources[0] ?? []).map((_, round) => {
    const medians = sources.map((source) => source[round] ?? []);
    return medians.every((values) => values.length > 0) ? [of(medians.map(median))] : [];
  });
}

export function measured(specs: readonly Spec[], { samples }: TrialSamples): Measured {
  const result = new Map<string, Rounds>();
  for (const spec of specs) {
    const rounds = spec.derived === undefined ? (samples[spec.subject] ?? []) : derive(spec, samples);
    const divisor = scale(spec.unit);
    if (rounds.some((round) => round.length > 0))
      result.set(
        spec.subject,
        rounds.map((round) => round.map((value) => value / divisor)),
      );
  }
  return result;
}

const medianOf = (rounds: Rounds) => median(rounds.flat());

/** Ratios round by round, for drift over a trial then touches both sides. */
function pairedRatios(subject: Rounds, floor: Rounds): number[] {
  const whole = medianOf(floor);
  return subject.flatMap((round, index) => {
    const beside = floor[index] ?? [];
    return round.length === 0 ? [] : [median(round) / (beside.length > 0 ? median(beside) : whole)];
  });
}

/** Floors of a subject for which there are rows: [null] where it is one itself. */
const floorsOf = (spec: Spec): readonly (string | null)[] => (spec.floors.length === 0 ? [null] : spec.floors);

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

function summaryRow(spec: Spec, floor: string | null, trials: readonly Measured[]): SummaryRow[] {
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
      ...{
        subject,
        unit,
        trials: both.length,
        median: middle,
        min: Math.min(...medians),
        max: Math.max(...medians),
        floor,
      },
      ratio: ratios === null ? null : median(ratios),
      ratioInterval: paired === null ? null : medianInterval(paired),
      gigabytesPerSecond: bytes === undefined ? null : bytes / (middle * 1000),
    },
  ];
}

function targetRow(target: Target, summary: readonly SummaryRow[], trials: readonly Measured[]): TargetRow {
  const { subject, floor, atMost } = target;
  const row = summary.find((each) => each.subject === subject && (floor === null || each.floor === floor));
  if (row === undefined) return { ...target, value: null, interval: null, verdict: 'not measured' };
  if (floor !== null)
    return { ...target, value: row.ratio, interval: row.ratioInterval, verdict: verdict(row.ratioInterval!, atMost) };
  const values = trials.flatMap((trial) => (trial.has(subject) ? [roundMedians(trial.get(subject)!)] : []));
  const interval = medianInterval(values);
  return { ...target, value: row.median, interval, verdict: verdict(interval, atMost) };
}

/** Only beyond the noise is it one or the other. */
export function verdict({ low, high }: Interval, atMost: number): Verdict {
  if (high <= atMost) return 'reached';
  return low > atMost ? 'missed' : 'within the noise';
}

/** Subjects that were measured but for which a floor is missing: said, not left out in silence. */
function missingFloors(specs: readonly Spec[], trial: number, all: Measured) {
  return specs.flatMap(({ subject, floors }) =>
    floors
      .filter((floor) => all.has(subject) && !all.has(floor))
      .map((floor) => ({ trial, subject, reason: `its floor ${floor} was not measured` })),
  );
}

/** Medians of the rounds in which it was measured. */
const roundMedians = (rounds: Rounds) => rounds.flatMap((round) => (round.length > 0 ? [median(round)] : []));

function mediansOf(specs: readonly Spec[], trials: readonly Measured[]): Report['medians'] {
  const entries = specs.map(({ subject }): [string, number[][]] => [
    subject,
    trials.flatMap((trial) => (trial.has(subject) ? [roundMedians(trial.get(subject)!)] : [])),
  ]);
  return Object.fromEntries(entries.filter(([, medians]) => medians.length > 0));
}

export interface ReportInput {
  readonly suite: Suite;
  readonly subjects: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly facts: Facts;
  readonly trials: readonly TrialSamples[];
}

export function makeReport({ suite, subjects, quick, rounds, facts, trials }: ReportInput): Report {
  const specs = specsOf(suite).filter((spec) => subjects.includes(spec.subject));
  const all = trials.map((trial) => measured(specs, trial));
  const summary = specs.flatMap((spec) => floorsOf(spec).flatMap((floor) => summaryRow(spec, floor, all)));
  return {
    ...{ suite: suite.name, quick, rounds, facts },
    subjects: specs.map(({ subject, unit, floors, what }) => ({ subject, unit, floors, what })),
    trials: trials.map(({ samples: _, skipped: __, ...rest }) => rest),
    rows: trials.flatMap(({ trial }, index) => rowsOf(specs, trial, all[index]!)),
    medians: mediansOf(specs, all),
    summary,
    targets: suite.targets
      .filter(({ subject }) => subjects.includes(subject))
      .map((target) => targetRow(target, summary, all)),
    skipped: trials.flatMap(({ trial, skipped }, index) => [
      ...skipped.map((skip) => ({ trial, ...skip })),
      ...missingFloors(specs, trial, all[index]!),
    ]),
  };
}
