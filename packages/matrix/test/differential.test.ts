/** The same generated program and arguments give the same value or the same error code on every backend that works here. */
import { type DifferentialKind, differential, readSettings } from '@colony/conformance';
import { absent, BACKENDS, present } from '@colony/matrix';
import { describe, expect, it } from 'vitest';

/** Fraction of COLONY_RUNS: programs that each backend must compile take longer. */
const WEIGHTS: Readonly<Record<DifferentialKind, number>> = { js: 1, wasm: 0.16, native: 0.12 };
const settings = readSettings();

describe(`generated programs do the same on ${present.join(', ')} (seed ${settings.seed})`, () => {
  for (const [kind, weight] of Object.entries(WEIGHTS) as [DifferentialKind, number][]) {
    it(`in ${kind}`, async (context) => {
      if (present.length < 2)
        return context.skip(`only ${present.join()} works here: there is nothing to compare with`);
      const runs = Math.max(2, Math.round(settings.runs * weight));
      const report = await differential({ backends: present, kind, seed: settings.seed, runs });
      expect(report.values, 'no call gave a value').toBeGreaterThan(0);
    }, 600_000);
  }

  for (const backend of BACKENDS)
    if (absent[backend] !== undefined) it(`on ${backend}`, (context) => context.skip(absent[backend]!));
});
