/** Reads the selection from the corpus. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpus } from './corpus.js';
import { readTest, type TestFile } from './frontmatter.js';
import { Harness } from './harness.js';
import { type Exclusion, excluded, sample } from './select.js';

export interface Suite {
  readonly corpus: string;
  readonly harness: Harness;
  readonly tests: readonly TestFile[];
  readonly excluded: Excluded;
}

/** Counts of excluded tests, by reason and by cause. */
export type Excluded = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Choice {
  /** Reads this many of all files, spread evenly, and keeps the selected ones. Default: all. */
  readonly files?: number;
  /** Only paths that match. */
  readonly only?: RegExp;
  /** The folder of an existing copy. Default: Debian's copy, downloaded if it is absent. */
  readonly folder?: string;
}

function paths(folder: string): readonly string[] {
  return ['language', 'built-ins']
    .flatMap((part) =>
      readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }).map((path) => `${part}/${path}`),
    )
    .filter((path) => path.endsWith('.js') && !/(^|\/)(shell|browser)\.js$|_FIXTURE/.test(path))
    .sort();
}

function count(left: Record<string, Record<string, number>>, { reason, by }: Exclusion): void {
  // One of test262's features is called `__proto__`.
  left[reason] ??= Object.create(null) as Record<string, number>;
  left[reason][by] = (left[reason][by] ?? 0) + 1;
}

/** @throws CorpusMissing */
export async function loadSuite({ files = Infinity, only, folder: chosenFolder }: Choice = {}): Promise<Suite> {
  const folder = chosenFolder ?? (await corpus());
  const harness = new Harness(folder);
  const tests: TestFile[] = [];
  const left: Record<string, Record<string, number>> = {};
  const all = paths(folder);
  for (const path of sample(only === undefined ? all : all.filter((path) => only.test(path)), files)) {
    const test = readTest(readFileSync(join(folder, path), 'utf8'), path);
    if (test === undefined) continue;
    const exclusion = excluded(test, harness);
    if (exclusion === undefined) tests.push(test);
    else count(left, exclusion);
  }
  return { corpus: folder, harness, tests, excluded: left };
}
