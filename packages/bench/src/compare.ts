/** Compares two reports of one suite, old and new: which subjects became slower or faster, beyond the noise. */
import type { Report } from './report/index.js';
import { FEWEST_TRIALS } from './report/targets.js';
import { type Interval, median, ratioInterval, type Trials } from './stats.js';
import type { Unit } from './types.js';

/** `more` and `less` apply to memory, threads and counts, for which neither direction is always better. */
export type Change = 'slower' | 'faster' | 'more' | 'less' | 'within the noise' | 'too few trials';

export interface ComparisonRow {
  readonly subject: string;
  readonly unit: Unit;
  readonly old: number;
  readonly new: number;
  /** Ratio of new to old. */
  readonly ratio: number;
  /** 95% bootstrap interval of the ratio, over the trials and rounds of both runs. */
  readonly interval: Interval;
  readonly change: Change;
}

export interface Comparison {
  readonly rows: readonly ComparisonRow[];
  /** Subjects in only one of the two reports. */
  readonly missing: readonly string[];
  /** Differences between the runs besides the code, which may explain a change. */
  readonly cautions: readonly string[];
}

/**
 * Two runs of the same code on one machine differ by a few per cent: frequency, placement of memory and neighbours
 * differ from process to process. A smaller change is noise, however narrow its interval is.
 */
export const NOISE = 0.03;

const middle = (trials: Trials) => median(trials.map((rounds) => median(rounds)));

/** The names of a rise and of a fall of the figure. */
const directions = (unit: Unit): readonly [Change, Change] => {
  if (unit === 'us') return ['slower', 'faster'];
  return unit === 'per second' ? ['faster', 'slower'] : ['more', 'less'];
};

function changeOf({ low, high }: Interval, unit: Unit, trials: number): Change {
  if (trials < FEWEST_TRIALS) return 'too few trials';
  const [risen, fallen] = directions(unit);
  if (low > 1 + NOISE) return risen;
  return high < 1 - NOISE ? fallen : 'within the noise';
}

function compareSubject(subject: string, unit: Unit, before: Trials, after: Trials): ComparisonRow {
  const interval = ratioInterval(after, before);
  const [old, now] = [middle(before), middle(after)];
  // A difference of two medians may be zero or negative; its ratio then has no meaning.
  const sensible = old > 0 && now > 0 && Number.isFinite(interval.low) && Number.isFinite(interval.high);
  const change = sensible ? changeOf(interval, unit, Math.min(before.length, after.length)) : 'within the noise';
  return { subject, unit, old, new: now, ratio: now / old, interval, change };
}

function cautionsOf(before: Report, after: Report): string[] {
  const facts = ({ facts: { cpu, kernel, kvm, versions, mitigations } }: Report) => ({
    processor: cpu.model,
    processors: cpu.count,
    kernel,
    KVM: kvm.flavour,
    Node: versions['node'],
    compiler: versions['compiler'],
    mitigations: JSON.stringify(mitigations),
  });
  const [then, now] = [facts(before), facts(after)];
  const differing = (Object.keys(now) as (keyof typeof now)[]).filter((name) => then[name] !== now[name]);
  return [
    ...differing.map((name) => `${name}: ${then[name]} before, ${now[name]} now`),
    ...(before.quick || after.quick ? ['one of them is a --quick run: its figures mean nothing'] : []),
  ];
}

/** @throws Error if the reports are of different suites, or the old one has no medians of rounds. */
export function compare(before: Report, after: Report): Comparison {
  if (before.suite !== after.suite)
    throw new Error(`the old report is of the suite '${before.suite}', this one of '${after.suite}'`);
  if (before.medians === undefined)
    throw new Error('the old report has no medians of rounds: it was written by an older bench; measure it again');
  const subjects = after.subjects.filter(({ subject }) => after.medians[subject] && before.medians[subject]);
  const all = new Set([...Object.keys(before.medians), ...Object.keys(after.medians)]);
  for (const { subject } of subjects) all.delete(subject);
  return {
    rows: subjects.map(({ subject, unit }) =>
      compareSubject(subject, unit, before.medians[subject]!, after.medians[subject]!),
    ),
    missing: [...all].sort(),
    cautions: cautionsOf(before, after),
  };
}
