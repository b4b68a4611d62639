/** Which subjects a run measures. */
import type { Spec } from './types.js';

/** Those that match, and all that they need: their floors, and what derived ones are made from. */
export function choose(specs: readonly Spec[], pattern: string | undefined): string[] {
  const matcher = new RegExp(pattern ?? '');
  const chosen = new Set<string>();
  const add = (subject: string) => {
    if (chosen.has(subject)) return;
    const spec = specs.find((each) => each.subject === subject);
    if (spec === undefined) throw new Error(`${subject} is measured against or made from, but nobody measures it`);
    chosen.add(subject);
    for (const needed of [...spec.floors, ...(spec.derived?.from ?? [])]) add(needed);
  };
  for (const { subject } of specs) if (matcher.test(subject)) add(subject);
  if (chosen.size === 0) throw new Error(`no subject matches ${pattern}`);
  return specs.map(({ subject }) => subject).filter((subject) => chosen.has(subject));
}
