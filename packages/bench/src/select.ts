/** Selects the subjects that a run measures. */
import type { Spec } from './types.js';

/** Adds all required subjects: floors, and the sources of derived subjects. Keeps the order of the specs. */
export function withNeeds(specs: readonly Spec[], subjects: readonly string[]): string[] {
  const chosen = new Set<string>();
  const add = (subject: string) => {
    if (chosen.has(subject)) return;
    const spec = specs.find((candidate) => candidate.subject === subject);
    if (spec === undefined) throw new Error(`${subject} is measured against or made from, but no subject measures it`);
    chosen.add(subject);
    for (const needed of [...spec.floors, ...(spec.derived?.from ?? [])]) add(needed);
  };
  for (const subject of subjects) add(subject);
  return specs.map(({ subject }) => subject).filter((subject) => chosen.has(subject));
}

/** Returns the matching subjects and all that they need. @throws Error if none matches, or the pattern is invalid */
export function choose(specs: readonly Spec[], pattern: string | undefined): string[] {
  const matcher = regularExpression(pattern ?? '');
  const chosen = specs.map(({ subject }) => subject).filter((subject) => matcher.test(subject));
  if (chosen.length === 0)
    throw new Error(`no subject matches ${pattern}: --list shows what there is, with the same --suite`);
  return withNeeds(specs, chosen);
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new Error(`--only ${pattern}: ${(error as Error).message}`);
  }
}
