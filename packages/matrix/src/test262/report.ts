/** The result of a run, as data. */
import { COMMIT, PACKAGE } from './corpus.js';
import type { Verdict } from './run.js';
import { areaOf } from './select.js';
import type { Excluded } from './suite.js';

export interface Counts {
  readonly tests: number;
  readonly passed: number;
}

export interface Report extends Counts {
  readonly backend: string;
  readonly node: string;
  /** Number of test262's files that were read, if not all. */
  readonly files?: number;
  readonly test262: string;
  readonly from: string;
  readonly seconds: number;
  readonly areas: Readonly<Record<string, Counts>>;
  readonly failures: Readonly<Record<string, readonly string[]>>;
  readonly excluded: Excluded;
}

export function reportOf(
  run: Pick<Report, 'backend' | 'files' | 'excluded' | 'seconds'>,
  verdicts: readonly Verdict[],
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
    ...run,
    node: process.version,
    test262: COMMIT,
    from: `${PACKAGE.name} ${PACKAGE.version} (${PACKAGE.suite})`,
    tests: verdicts.length,
    passed: verdicts.length - failed.length,
    areas,
    failures: Object.fromEntries(failed.map(({ path, failures }) => [path, failures])),
  };
}
