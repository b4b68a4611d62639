/** What a run came to, as data. */
import { COMMIT, PACKAGE } from './corpus.js';
import type { Verdict } from './run.js';
import { areaOf } from './select.js';

export interface Report {
  readonly backend: string;
  readonly test262: string;
  readonly from: string;
  readonly tests: number;
  readonly passed: number;
  readonly seconds: number;
  readonly areas: Readonly<Record<string, { readonly tests: number; readonly passed: number }>>;
  readonly failures: Readonly<Record<string, readonly string[]>>;
  readonly excluded: Readonly<Record<string, number>>;
}

export function reportOf(
  backend: string,
  verdicts: readonly Verdict[],
  excluded: Readonly<Record<string, number>>,
  seconds: number,
): Report {
  const areas: Record<string, { tests: number; passed: number }> = {};
  for (const { path, passed } of verdicts) {
    const name = areaOf(path);
    areas[name] ??= { tests: 0, passed: 0 };
    const area = areas[name];
    area.tests += 1;
    area.passed += passed ? 1 : 0;
  }
  const failed = verdicts.filter(({ passed }) => !passed);
  return {
    backend,
    test262: COMMIT,
    from: `${PACKAGE.name} ${PACKAGE.version} (${PACKAGE.suite})`,
    tests: verdicts.length,
    passed: verdicts.length - failed.length,
    seconds,
    areas,
    failures: Object.fromEntries(failed.map(({ path, failures }) => [path, failures])),
    excluded,
  };
}
