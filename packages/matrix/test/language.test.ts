/** test262 on kvm and wasm: an even sample, whose failures must be the known ones; and the page about whole runs. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { absent } from '@colony/matrix';
import { describe, expect, it } from 'vitest';
import { COMMIT, CorpusMissing, corpus } from '../src/test262/corpus.js';
import { compare, engineOf, knownFailures } from '../src/test262/expected.js';
import { runTests } from '../src/test262/run.js';
import { loadSuite } from '../src/test262/suite.js';
import { languagePage, results, WHOLE } from '../src/test262/table.js';

/**
 * A part of some 50,000 files: some twenty seconds on each backend. All of them: `npm run test262 -w @colony/matrix`.
 */
const FILES = 2500;

/** Downloaded if it is absent. */
const missing = await corpus().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof CorpusMissing) return error.message;
    throw error;
  },
);

describe('a sample of test262', () => {
  for (const backend of WHOLE)
    it(`fails on ${backend} only in known tests`, async (context) => {
      const reason = absent[backend] ?? missing;
      if (reason !== undefined) return context.skip(reason);
      const suite = await loadSuite({ files: FILES });
      expect(suite.tests.length, `only ${suite.tests.length} tests are in the selection`).toBeGreaterThan(FILES / 2);
      const verdicts = await runTests(suite.tests, { ...suite, backend });
      const { surprises, healed } = compare(verdicts, knownFailures(engineOf(backend)));
      const chosen = verdicts.filter(({ path }) => surprises.includes(path));
      expect(chosen.map(({ path, failures }) => `${path}: ${failures.join(' | ')}`)).toStrictEqual([]);
      expect(healed, 'these pass now: take them out of test262/expected.json').toStrictEqual([]);
    }, 600_000);
});

describe('the results of whole runs', () => {
  it('are of the same tests, and have the same, known failures', () => {
    const [kvm, wasm] = WHOLE.map(results);
    expect(kvm!.test262).toBe(COMMIT);
    expect(kvm!.files === undefined && kvm!.tests > 35_000, `${kvm!.tests} tests`).toBeTruthy();
    for (const part of ['test262', 'tests', 'passed', 'excluded', 'areas'] as const)
      expect(kvm![part], part).toStrictEqual(wasm![part]);
    const failed = Object.keys(kvm!.failures).sort();
    expect(Object.keys(wasm!.failures).sort()).toStrictEqual(failed);
    expect(Object.values(knownFailures('quickjs-ng')).flat().sort()).toStrictEqual(failed);
  });

  it('on process are of the same selection', () => {
    const part = results('process');
    expect(part.test262).toBe(COMMIT);
    expect(Object.values(knownFailures('v8')).flat().sort()).toStrictEqual(Object.keys(part.failures).sort());
  });

  it('are in docs/internals/language.md (`npm run test262:table -w @colony/matrix`)', async () => {
    const page = fileURLToPath(new URL('../../docs/internals/language.md', import.meta.url));
    expect(await readFile(page, 'utf8')).toBe(languagePage());
  });
});
