/**
 * `npm run test262 -w @colony/matrix -- --backend wasm`: runs the whole selection on one backend.
 *
 *   --backend NAME   kvm, wasm or process
 *   --files N        only N of test262's files, spread evenly
 *   --only REGEX     only paths that match
 *   --json FILE      verdicts and counts; the page is made from test262/results/NAME.json (table.ts)
 *   --lanes N        concurrent calls; default 2
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shutdown } from '@colony/core';
import { compare, engineOf, knownFailures } from './expected.js';
import { reportOf } from './report.js';
import { runTests, type Verdict } from './run.js';
import { loadSuite } from './suite.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    files: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    lanes: { type: 'string', default: '2' },
  },
});

function progress(total: number): (verdict: Verdict) => void {
  const started = Date.now();
  let done = 0;
  let lastReport = 0;
  return ({ passed, path, failures }) => {
    done += 1;
    if (!passed) console.log(`not passed: ${path}: ${failures.join(' | ')}`);
    if (Date.now() - lastReport < 10_000) return;
    lastReport = Date.now();
    console.log(`${done} of ${total}, ${((lastReport - started) / 1000).toFixed(0)} s`);
  };
}

const files = values.files === undefined ? {} : { files: Number(values.files) };
const suite = await loadSuite({
  ...files,
  ...(values.only === undefined ? {} : { only: new RegExp(values.only) }),
});
const started = Date.now();
const verdicts = await runTests(suite.tests, {
  ...suite,
  backend: values.backend,
  lanes: Number(values.lanes),
  onVerdict: progress(suite.tests.length),
});
await shutdown();

const seconds = Math.round((Date.now() - started) / 1000);
const report = reportOf({ backend: values.backend, ...files, excluded: suite.excluded, seconds }, verdicts);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
const { surprises, healed } = compare(verdicts, knownFailures(engineOf(values.backend)));
for (const path of surprises) console.log(`NOT EXPECTED TO FAIL ${path}`);
for (const path of healed) console.log(`EXPECTED TO FAIL, AND PASSED ${path}`);
console.log(
  `${values.backend}: ${report.passed} of ${report.tests} passed (${((100 * report.passed) / report.tests).toFixed(2)}%), ` +
    `${surprises.length} failures not expected, ${healed.length} passes not expected, ${report.seconds} s`,
);
process.exitCode = surprises.length + healed.length > 0 ? 1 : 0;
