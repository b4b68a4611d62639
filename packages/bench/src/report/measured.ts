/** Samples of a trial in the units of the report, derived subjects included. */
import { median } from '../stats.js';
import type { Derived, Spec, TrialSamples, Unit } from '../types.js';

export type Rounds = readonly (readonly number[])[];
/** One trial's rounds by subject. */
export type Measured = ReadonlyMap<string, Rounds>;

const scale = (unit: Unit) => (unit === 'us' ? 1000 : 1);

/** One value for each round in which all of `from` were measured, or one for the trial. */
function derive({ from, of, whole }: Derived, samples: TrialSamples['samples']): Rounds {
  const sources = from.map((subject) => samples[subject] ?? []);
  const valueFrom = (all: readonly (readonly number[])[]) => {
    if (all.some((values) => values.length === 0)) return [];
    const value = of(all.map(median));
    return Number.isFinite(value) ? [value] : [];
  };
  if (whole) return [valueFrom(sources.map((source) => source.flat()))];
  return (sources[0] ?? []).map((_, round) => valueFrom(sources.map((source) => source[round] ?? [])));
}

export function measured(specs: readonly Spec[], { samples }: TrialSamples): Measured {
  const result = new Map<string, Rounds>();
  for (const spec of specs) {
    const rounds = spec.derived === undefined ? (samples[spec.subject] ?? []) : derive(spec.derived, samples);
    const divisor = scale(spec.unit);
    if (rounds.some((round) => round.length > 0))
      result.set(
        spec.subject,
        rounds.map((round) => round.map((value) => value / divisor)),
      );
  }
  return result;
}

export const medianOf = (rounds: Rounds) => median(rounds.flat());

/** Medians of the rounds in which the subject was measured. */
export const roundMedians = (rounds: Rounds) => rounds.flatMap((round) => (round.length > 0 ? [median(round)] : []));

/** Measured subjects whose floor is missing; the report names them. */
export function missingFloors(specs: readonly Spec[], trial: number, all: Measured) {
  return specs.flatMap(({ subject, floors }) =>
    floors
      .filter((floor) => all.has(subject) && !all.has(floor))
      .map((floor) => ({ trial, subject, reason: `its floor ${floor} was not measured` })),
  );
}

/** Derived subjects without a value although all their sources were measured. */
export function withoutValue(specs: readonly Spec[], trial: number, all: Measured) {
  return specs.flatMap(({ subject, derived }) =>
    derived !== undefined && !all.has(subject) && derived.from.every((source) => all.has(source))
      ? [{ trial, subject, reason: derived.none ?? 'its sources have no common round with a value' }]
      : [],
  );
}
