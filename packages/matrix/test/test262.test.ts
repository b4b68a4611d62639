/** The test262 runner: it reads the files, selects among them, judges outcomes, and reports missing files. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CorpusMissing, corpus } from '../src/test262/corpus.js';
import { compare } from '../src/test262/expected.js';
import { original, readTest, type TestFile } from '../src/test262/frontmatter.js';
import { Harness } from '../src/test262/harness.js';
import { reportOf } from '../src/test262/report.js';
import { runTests, type Verdict } from '../src/test262/run.js';
import { excluded, sample } from '../src/test262/select.js';
import { loadSuite } from '../src/test262/suite.js';
import { share } from '../src/test262/table.js';
import { variantsOf } from '../src/test262/variants.js';
import { describeOn } from './lib.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-test262-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** A copy of test262 in the layout of Mozilla's import, with harness files of our own. */
const SHELL = `
// file: assert.js
function assert(value) { if (value !== true) throw new Test262Error('not true'); }
// file: sta.js
function Test262Error(message) { this.message = message; }
function $DONOTEVALUATE() { throw new Error('was evaluated'); }
// file: compareArray.js
// file: propertyHelper.js
// file: constant.js
const answer = 42;
`;
let harness: Harness;
beforeAll(() => {
  write('shell.js', SHELL);
  harness = new Harness(folder);
});

function made(path: string, attributes: string, body: string): TestFile {
  const test = readTest(`/*---\n${attributes}\n---*/\n${body}\n`, path);
  expect.assert(test !== undefined);
  write(path, body);
  return test;
}

describe('front matter', () => {
  it("is restored from the import's additions", () => {
    const text =
      "// |reftest| skip\n'use strict';\n/*---\nflags: [onlyStrict]\n---*/\nlet x;\n\nreportCompare(0, 0);\n";
    expect(original(text, 'language/a-strict.js')).toBe('/*---\nflags: [onlyStrict]\n---*/\nlet x;\n\n');
    expect(original(text, 'language/a.js')).toMatch(/^'use strict'/);
  });

  it('is read, with defaults', () => {
    const test = readTest('/*---\r\nnegative:\r\n  phase: parse\r\n  type: SyntaxError\r\n---*/\r\n', 'language/a.js')!;
    expect(test.negative).toStrictEqual({ phase: 'parse', type: 'SyntaxError' });
    expect([test.includes, test.flags, test.features]).toStrictEqual([[], [], []]);
    expect(readTest('/*---\nfeatures:\n  - Atomics\n  - BigInt\n---*/', 'a.js')!.features).toStrictEqual([
      'Atomics',
      'BigInt',
    ]);
  });

  it('is missing in fixtures, and must be valid', () => {
    expect(readTest('export {};\n', 'language/x_FIXTURE.js')).toBe(undefined);
    expect(() => readTest('/*---\njust text\n---*/', 'language/a.js')).toThrow(/language\/a\.js: no frontmatter/);
  });
});

describe('the selection', () => {
  const reason = (path: string, attributes: string, body = '') => excluded(made(path, attributes, body), harness);

  it('excludes by feature, harness file, folder and host facility, with their names', () => {
    expect(reason('language/a.js', 'features: [BigInt, Temporal]')).toStrictEqual({
      reason: 'later than ES2023',
      by: 'Temporal',
    });
    expect(reason('language/a.js', 'features: [Intl.DateTimeFormat]')).toStrictEqual({
      reason: 'Intl',
      by: 'Intl.DateTimeFormat',
    });
    expect(reason('language/a.js', 'includes: [atomicsHelper.js]')?.by).toBe('atomicsHelper.js');
    expect(reason('language/a.js', 'includes: [nowhere.js]')?.by).toBe('nowhere.js');
    expect(reason('language/global-code/a.js', 'flags: [noStrict]')?.by).toBe('language/global-code/');
    expect(reason('language/a.js', 'esid: x', '$262.createRealm().global')?.by).toBe('$262.createRealm');
  });

  it('keeps the tests of ES2023', () => {
    expect(reason('built-ins/Array/a.js', 'features: [change-array-by-copy, Atomics]')).toBe(undefined);
  });

  it('counts excluded tests, also of a feature `__proto__`', async () => {
    const copy = join(folder, 'copy');
    const written = (path: string, attributes: string) => write(`copy/${path}`, `/*---\n${attributes}\n---*/\n`);
    write('copy/shell.js', SHELL);
    for (const name of ['a', 'b']) written(`language/${name}.js`, 'features: [__proto__]');
    written('language/c.js', 'features: [BigInt]');
    written('built-ins/d.js', 'features: [Temporal]');
    write('copy/language/d_FIXTURE.js', 'export {};');
    const { tests, excluded: left } = await loadSuite({ folder: copy });
    expect(tests.map(({ path }) => path)).toStrictEqual(['language/c.js']);
    expect(JSON.stringify(left)).toBe(
      '{"later than ES2023":{"Temporal":1},"Annex B: for web browsers":{"__proto__":2}}',
    );
  });

  it('is sampled evenly, and the same each time', () => {
    const all = Array.from({ length: 100 }, (_, i) => i);
    expect(sample(all, 4)).toStrictEqual([12, 37, 62, 87]);
    expect(sample(all, 1000)).toBe(all);
  });
});

describe('the runs of a test', () => {
  const modes = (attributes: string) =>
    variantsOf(made('language/a.js', attributes, '1;'), harness, folder).map(({ mode, source }) => [mode, source[0]]);

  it('are strict and sloppy, or as its flags demand', () => {
    expect(modes('esid: x')).toStrictEqual([
      ['sloppy', '/'],
      ['strict', '"'],
    ]);
    expect(modes('flags: [onlyStrict]')).toStrictEqual([['strict', '"']]);
    expect(modes('flags: [noStrict]')).toStrictEqual([['sloppy', '/']]);
    expect(modes('flags: [raw]')).toStrictEqual([['raw', '/']]);
    expect(modes('flags: [module]')).toStrictEqual([['module', undefined]]);
  });

  it('have the named modules, and those that they name', () => {
    write('language/m/b_FIXTURE.js', "export * from './deep/c_FIXTURE.js';");
    write('language/m/deep/c_FIXTURE.js', "export { x } from '../b_FIXTURE.js'; import './nowhere.js';");
    const test = made('language/m/a.js', 'flags: [module]', "export * from './b_FIXTURE.js';");
    const [variant] = variantsOf(test, harness, folder);
    expect(Object.keys(variant!.modules).sort()).toStrictEqual(['a.js', 'b_FIXTURE.js', 'deep/c_FIXTURE.js']);
  });
});

/** Built-ins that a test may remove without a loss of its verdict. */
const BREAKS = `
    Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'length', { get() { throw new Error('asked'); } });
    delete ArrayBuffer.prototype.slice;
    delete Number.isSafeInteger;`;

/** Colony's replacements of the engine's own built-ins cannot be distinguished from them. */
const BUILT_IN = `
    assert(Math.random.name === 'random' && Date.now.name === 'now' && Date.name === 'Date' && Date.length === 7);
    for (const each of [Date, Date.now, Math.random]) assert(/\\[native code\\]/.test(String(each)));
    for (const each of [Date.now, Math.random]) {
      let made = true;
      try { new each(); } catch (error) { made = !(error instanceof TypeError); }
      assert(!made);
    }
    class Later extends Date {}
    assert(new Later(5) instanceof Later && new Later(5).getTime() === 5);
    assert(Object.getPrototypeOf(new Date()) === Date.prototype && Date.prototype.constructor === Date);`;

/** Tests with their expected outcomes: '' for a pass. */
const JUDGED: readonly (readonly [name: string, attributes: string, body: string, told: string])[] = [
  ['passes', 'esid: x', 'assert(1 === 1);', ''],
  ['fails', 'esid: x', 'assert(1 === 2);', 'sloppy: Test262Error: not true | strict: Test262Error: not true'],
  [
    'fails strict only',
    'esid: x',
    '(function () { assert(this === globalThis); })();',
    'strict: Test262Error: not true',
  ],
  ['throws no error', 'flags: [noStrict]', 'throw 7;', 'sloppy: thrown: 7'],
  ['rejects at parse', 'negative: {phase: parse, type: SyntaxError}', '$DONOTEVALUATE(); let let;', ''],
  [
    'is to be rejected, and is not',
    'flags: [onlyStrict]\nnegative: {phase: parse, type: SyntaxError}',
    '1;',
    'strict: no SyntaxError',
  ],
  [
    'is to be rejected, and runs',
    'flags: [onlyStrict]\nnegative: {phase: parse, type: SyntaxError}',
    '$DONOTEVALUATE();',
    'strict: Error: was evaluated',
  ],
  ['throws as wanted', 'negative: {phase: runtime, type: Test262Error}', 'throw new Test262Error();', ''],
  [
    'throws another',
    'flags: [onlyStrict]\nnegative: {phase: runtime, type: RangeError}',
    'null.x;',
    "strict: TypeError: cannot read property 'x' of null",
  ],
  ['is done', 'flags: [async]', 'Promise.resolve().then(() => $DONE());', ''],
  [
    'is done with an error',
    'flags: [async, onlyStrict]',
    'Promise.reject(new TypeError("so")).then($DONE, $DONE);',
    'strict: TypeError: so',
  ],
  [
    'is never done',
    'flags: [async, onlyStrict]',
    'new Promise(() => {});',
    'strict: ERR_GUEST_THROWN: .*can never settle.*',
  ],
  ['uses a helper', 'includes: [constant.js]', 'assert(answer === 42);', ''],
  ['is raw', 'flags: [raw]', '', ''],
  ['imports', 'flags: [module]', "import { x } from './x_FIXTURE.js'; assert(x === 1); export {};", ''],
  ['imports in vain', 'flags: [module]', "import { y } from './x_FIXTURE.js';", 'module: SyntaxError: .*'],
  ['leaves something behind', 'flags: [noStrict]', 'Array.prototype.map = 0; globalThis.left = 1; assert(true);', ''],
  ['finds nothing of it', 'esid: x', 'assert(typeof left === "undefined"); assert(typeof [].map === "function");', ''],
  ['breaks what its result is made with', 'esid: x', BREAKS, ''],
  ['finds built-in functions', 'esid: x', BUILT_IN, ''],
];

for (const backend of ['kvm', 'wasm'] as const)
  describeOn(backend, 'the runner', () => {
    it('gives each test its verdict, from a fresh state', async () => {
      write('language/r/x_FIXTURE.js', 'export const x = 1;');
      const tests = JUDGED.map(([, attributes, body], i) => made(`language/r/${i}.js`, attributes, body));
      // A raw test runs without any text before it, not even a line break.
      const raw = JUDGED.findIndex(([name]) => name === 'is raw');
      tests[raw] = { ...tests[raw]!, source: '#! /not/a/comment\nassert(true);' };
      const verdicts = await runTests(tests, { backend, corpus: folder, harness });
      verdicts.forEach(({ passed, failures }, i) => {
        const [name, , , reason] = JUDGED[i]!;
        expect(failures.join(' | '), name).toMatch(new RegExp(`^${reason}$`));
        expect(passed, name).toBe(reason === '');
      });
    }, 300_000);
  });

describe('results', () => {
  const verdict = (path: string, passed: boolean): Verdict => ({ path, passed, failures: passed ? [] : ['sloppy: x'] });

  it('are compared with the known failures, both ways', () => {
    const verdicts = [verdict('a', true), verdict('b', false), verdict('c', false), verdict('d', true)];
    expect(compare(verdicts, { reason: ['b', 'd'] })).toStrictEqual({ surprises: ['c'], healed: ['d'] });
  });

  it('are counted by area, and never rounded up to 100%', () => {
    const verdicts = [
      verdict('language/a/x.js', true),
      verdict('language/a/y.js', false),
      verdict('built-ins/B/z.js', true),
    ];
    const report = reportOf({ backend: 'wasm', excluded: {}, seconds: 1 }, verdicts);
    expect(report.areas).toStrictEqual({
      'language/a': { tests: 2, passed: 1 },
      'built-ins/B': { tests: 1, passed: 1 },
    });
    expect(Object.keys(report.failures)).toStrictEqual(['language/a/y.js']);
    expect(share({ tests: 100_000, passed: 99_999 })).toBe('99.99%');
    expect(share({ tests: 3, passed: 3 })).toBe('100%');
  });
});

describe('without the corpus', () => {
  const apt = join(folder, 'apt');
  const places = { cache: join(folder, 'cache'), apt };

  it('reports that there is no mirror', async () => {
    await expect(corpus(places)).rejects.toSatisfy(
      (error) => error instanceof CorpusMissing && /names no mirror/.test(error.message),
    );
  });

  it("reports the mirror's message, and leaves no files", async () => {
    // Port 9 of this machine, where no server listens.
    mkdirSync(apt);
    writeFileSync(join(apt, 'sources.list'), 'deb http://127.0.0.1:9/debian bookworm main\n');
    await expect(corpus(places)).rejects.toSatisfy(
      (error) =>
        error instanceof CorpusMissing &&
        /^test262 could not be had: /.test(error.message) &&
        !/ -o /.test(error.message),
    );
    expect(readdirSync(places.cache)).toStrictEqual([]);
  }, 300_000);
});
