/** The selection, read from the corpus. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpus } from './corpus.js';
import { readTest, type TestFile } from './frontmatter.js';
import { Harness } from './harness.js';
import { excluded, sample } from './select.js';

export interface Suite {
  readonly corpus: string;
  readonly harness: Harness;
  readonly tests: readonly TestFile[];
  /** Tests left out, by reason. */
  readonly excluded: Readonly<Record<string, number>>;
}

export interface Choice {
  /** Read this many of all files, spread evenly; of those, what is in the selection. Default: all. */
  readonly files?: number;
  /** Only paths that match. */
  readonly only?: RegExp;
}

function paths(folder: string): readonly string[] {
  return ['language', 'built-ins']
    .flatMap((part) =>
      readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }).map((path) => `${part}/${path}`),
    )
    .filter((path) => path.endsWith('.js') && !/(^|\/)(shell|browser)\.js$|_FIXTURE/.test(path))
    .sort();
}

/** @throws CorpusMissing */
export async function loadSuite({ files = Infinity, only }: Choice = {}): Promise<Suite> {
  const folder = await corpus();
  const harness = new Harness(folder);
  const tests: TestFile[] = [];
  const left: Record<string, number> = {};
  const all = paths(folder);
  for (const path of sample(only === undefined ? all : all.filter((path) => only.test(path)), files)) {
    const test = readTest(readFileSync(join(folder, path), 'utf8'), path);
    if (test === undefined) continue;
    const reason = excluded(test, harness);
    if (reason === undefined) tests.push(test);
    else left[reason] = (left[reason] ?? 0) + 1;
  }
  return { corpus: folder, harness, tests, excluded: left };
}
