/** test262 on kvm and wasm: an even sample of it, whose failures must be those that are known; and the page that tells of whole runs. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { absent } from '@colony/matrix';
import { describe, it } from 'vitest';
import { COMMIT, CorpusMissing, corpus } from '../src/test262/corpus.js';
import { compare, engineOf, knownFailures } from '../src/test262/expected.js';
import { runTests } from '../src/test262/run.js';
import { loadSuite } from '../src/test262/suite.js';
import { languagePage, results, WHOLE } from '../src/test262/table.js';

/** Of some 50,000: some twenty seconds on each backend. All of them: `npm run test262 -w @colony/matrix`. */
const FILES = 2500;

/** Downloaded where it is not here yet. */
const missing = await corpus().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof CorpusMissing) return error.message;
    throw error;
  },
);

describe('a sample of test262', () => {
  for (const backend of WHOLE)
    it(`fails on ${backend} where it is known to, and nowhere else`, async (context) => {
      const reason = absent[backend] ?? missing;
      if (reason !== undefined) return context.skip(reason);
      const suite = await loadSuite({ files: FILES });
      assert.ok(suite.tests.length > FILES / 2, `only ${suite.tests.length} tests are in the selection`);
      const verdicts = await runTests(suite.tests, { ...suite, backend });
      const { surprises, healed } = compare(verdicts, knownFailures(engineOf(backend)));
      const told = verdicts.filter(({ path }) => surprises.includes(path));
      assert.deepEqual(
        told.map(({ path, failures }) => `${path}: ${failures.join(' | ')}`),
        [],
      );
      assert.deepEqual(healed, [], 'these pass now: take them out of test262/expected.json');
    }, 600_000);
});

describe('the results of whole runs', () => {
  it('are of the same tests, and those that fail are the same, and known', () => {
    const [kvm, wasm] = WHOLE.map(results);
    assert.equal(kvm!.test262, COMMIT);
    assert.ok(kvm!.files === undefined && kvm!.tests > 35_000, `${kvm!.tests} tests`);
    for (const part of ['test262', 'tests', 'passed', 'excluded', 'areas'] as const)
      assert.deepEqual(kvm![part], wasm![part], part);
    const failed = Object.keys(kvm!.failures).sort();
    assert.deepEqual(Object.keys(wasm!.failures).sort(), failed);
    assert.deepEqual(Object.values(knownFailures('quickjs-ng')).flat().sort(), failed);
  });

  it('on process are of the same selection', () => {
    const part = results('process');
    assert.equal(part.test262, COMMIT);
    assert.deepEqual(Object.values(knownFailures('v8')).flat().sort(), Object.keys(part.failures).sort());
  });

  it('are told in docs/internals/language.md (`npm run test262:table -w @colony/matrix`)', async () => {
    const page = fileURLToPath(new URL('../../docs/internals/language.md', import.meta.url));
    assert.equal(await readFile(page, 'utf8'), languagePage());
  });
});
