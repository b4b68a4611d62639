// Ends a vitest run with the skipped tests and the reasons, and leaves the numbers for scripts/test.mjs. A skip without
// a reason is a failure, because nobody could distinguish it from an oversight.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { style } from './terminal.mjs';

/** @typedef {{ name: string, reason: string | undefined }} Skip */
/** @typedef {{ passed: number, failed: string[], skipped: Skip[] }} Summary */

/** For a run that leaves tests out by name: reasons by a part of the name. @type {Readonly<Record<string, string>>} */
const LEFT_OUT = JSON.parse(process.env.COLONY_TEST_LEFT_OUT ?? '{}');

/** @param {import('vitest/node').TestCase} test @returns {string | undefined} */
function reasonOf(test) {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const { skipReason } = /** @type {{ skipReason?: string }} */ (test.meta());
  const leftOut = Object.entries(LEFT_OUT).find(([part]) => test.fullName.includes(part))?.[1];
  return note ?? skipReason ?? leftOut ?? (test.options.mode === 'todo' ? 'to do' : undefined);
}

/** @param {readonly Skip[]} skipped */
export function printSkipped(skipped) {
  if (skipped.length === 0) return;
  console.log(style('yellow', `\nSkipped (${skipped.length}):`));
  for (const [reason, skips] of groupByReason(skipped)) {
    console.log(`  ${reason ?? style('red', 'NO REASON GIVEN: skip with `ctx.skip(reason)`')}`);
    for (const skip of skips) console.log(style('dim', `    ${skip.name}`));
  }
}

/** @param {readonly Skip[]} skipped @returns {Map<string | undefined, Skip[]>} */
function groupByReason(skipped) {
  const groups = new Map();
  for (const skip of skipped) groups.set(skip.reason, [...(groups.get(skip.reason) ?? []), skip]);
  return groups;
}

export default class SummaryReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest/node').SerializedError[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    /** @type {Summary} */
    const summary = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      const file = `${module.project.name}: ${module.relativeModuleId}`;
      if (module.errors().length > 0) summary.failed.push(`${file} (does not load)`);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) summary.failed.push(`${file} > ${suite.fullName} (hook)`);
      }
      for (const test of module.children.allTests()) {
        const name = `${module.project.name}: ${test.fullName}`;
        const { state } = test.result();
        if (state === 'passed') summary.passed += 1;
        else if (state === 'failed') summary.failed.push(name);
        // Pending: the run ended before the test did.
        else if (state === 'pending') summary.failed.push(`${name} (did not end)`);
        else summary.skipped.push({ name, reason: reasonOf(test) });
      }
    }
    for (const error of unhandled) summary.failed.push(`unhandled error: ${error.message}`);
    for (const skip of summary.skipped)
      if (skip.reason === undefined) summary.failed.push(`${skip.name} (skipped without a reason)`);
    const file = process.env.COLONY_TEST_SUMMARY;
    if (file === undefined) printSkipped(summary.skipped);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(summary));
    }
    if (summary.failed.length > 0) process.exitCode = 1;
  }
}
