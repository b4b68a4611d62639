/**
 * Makes a report from samples: rows of each trial, distributions, a summary over trials, and verdicts on the targets.
 */
import { type Distribution, distributionOf, GRID } from '../distribution.js';
import type { Facts } from '../facts.js';
import type { BackendLaws, PeerProbes } from '../isolation/results.js';
import { type Spec, type Suite, specsOf, type TrialSamples } from '../types.js';
import { confidenceOf } from './confidence.js';
import { isolationOf } from './isolation.js';
import { type Measured, measured, missingFloors, type Rounds, roundMedians, withoutValue } from './measured.js';
import { floorsOf, rowsOf, summaryRow } from './rows.js';
import { targetRow } from './targets.js';
import type { Report, ReportSubject } from './types.js';

export { verdict } from './targets.js';
export type * from './types.js';

export interface ReportInput {
  readonly suite: Suite;
  readonly subjects: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly facts: Facts;
  readonly trials: readonly TrialSamples[];
  /** Requested per cent: see `Confidence`. */
  readonly until?: number;
  readonly laws?: readonly BackendLaws[];
  readonly probes?: readonly PeerProbes[];
}

/** Computes a value for each measured subject from its rounds, over the trials that include it. */
function ofEach<T>(
  specs: readonly Spec[],
  trials: readonly Measured[],
  of: (rounds: Rounds[]) => T,
): Record<string, T> {
  const entries = specs.flatMap(({ subject }): [string, T][] => {
    const having = trials.flatMap((trial) => (trial.has(subject) ? [trial.get(subject)!] : []));
    return having.length === 0 ? [] : [[subject, of(having)]];
  });
  return Object.fromEntries(entries);
}

export const distributionsOf = (specs: readonly Spec[], trials: readonly Measured[]): Record<string, Distribution> =>
  ofEach(specs, trials, (rounds) => distributionOf(rounds));

function subjectsOf(suite: Suite, chosen: readonly string[]): ReportSubject[] {
  return suite.groups.flatMap(({ name, specs }) =>
    specs
      .filter(({ subject }) => chosen.includes(subject))
      .map(({ subject, unit, floors, what, boundary, point }) => ({
        ...{ subject, group: name, unit, floors, what },
        ...{ boundary: boundary ?? null, point: point ?? null },
      })),
  );
}

export function makeReport(input: ReportInput): Report {
  const { suite, subjects, quick, rounds, facts, trials, until, laws = [], probes = [] } = input;
  const specs = specsOf(suite).filter((spec) => subjects.includes(spec.subject));
  const all = trials.map((trial) => measured(specs, trial));
  const summary = specs.flatMap((spec) => floorsOf(spec).flatMap((floor) => summaryRow(spec, floor, all)));
  const distributions = distributionsOf(specs, all);
  return {
    ...{ suite: suite.name, headline: suite.headline, quick, rounds, facts },
    isolation: isolationOf(specs, summary, { laws, probes }),
    confidence: confidenceOf(distributions, until),
    subjects: subjectsOf(suite, subjects),
    trials: trials.map(({ samples: _, skipped: __, ...rest }) => rest),
    rows: trials.flatMap(({ trial }, index) => rowsOf(specs, trial, all[index]!)),
    medians: ofEach(specs, all, (rounds) => rounds.map(roundMedians)),
    distributions,
    quantileGrid: GRID,
    summary,
    targets: suite.targets
      .filter(({ subject }) => subjects.includes(subject))
      .map((target) => targetRow(target, summary, all, quick)),
    charts: suite.charts ?? [],
    skipped: trials.flatMap(({ trial, skipped }, index) => [
      ...skipped.map((skip) => ({ trial, ...skip })),
      ...missingFloors(specs, trial, all[index]!),
      ...withoutValue(specs, trial, all[index]!),
    ]),
  };
}
