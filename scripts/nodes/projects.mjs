// The tests under each runtime: vitest's projects under Node, and the short programs under all runtimes.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, root, run } from '../lib/run.mjs';
import { runPrograms } from './programs.mjs';
import { environment, titleOf } from './runtimes.mjs';

/** @typedef {import('../lib/reporter.mjs').Summary} Summary */
/** @typedef {import('./runtimes.mjs').Runtime} Runtime */

/** Seconds after which a project under one runtime counts as hanging. */
const LIMIT = 3600;

/**
 * vitest's projects, and the files of a project if only some depend on the runtime.
 * @type {Record<string, readonly string[]>}
 */
const VITEST = {
  core: [],
  'backend-kvm': [],
  'backend-wasm': [],
  'backend-process': [],
  compiler: ['loader', 'plugins', 'ts.run'],
  cli: [],
  docs: [],
};

export const PROGRAMS = 'programs';
export const PROJECTS = [PROGRAMS, ...Object.keys(VITEST)];

/** @param {Runtime} runtime @param {string} project */
export const runsUnder = (runtime, project) => project === PROGRAMS || runtime.kind === 'node';

/** @param {string} project @param {Runtime} runtime @param {string} binary @returns {Promise<Summary>} */
async function vitest(project, runtime, binary) {
  const title = `${titleOf(runtime)} ${project}`;
  const file = join(root, '.cache', `nodes-summary-${runtime.name}-${project}.json`);
  rmSync(file, { force: true });
  const files = (VITEST[project] ?? []).map((name) => `packages/${project}/test/${name}`);
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...files];
  try {
    const env = { ...environment(binary), COLONY_TEST_SUMMARY: file };
    // Failures are listed by name at the end; the log holds the rest of the output.
    await run(title, 'timeout', ['-k', '10', String(LIMIT), binary, ...args], { env, relevant: failures });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (!existsSync(file)) return { passed: 0, failed: [error.message], skipped: [] };
    console.log(`    ${error.message}`);
  }
  return readSummary(file);
}

/** @param {string} file @returns {Summary} */
function readSummary(file) {
  const summary = /** @type {Summary} */ (JSON.parse(readFileSync(file, 'utf8')));
  // A project without tests is a mistake in the table above, not a success.
  if (summary.passed + summary.failed.length + summary.skipped.length === 0) summary.failed.push('no test was found');
  return summary;
}

/** @param {readonly string[]} lines @returns {string[]} */
const failures = (lines) => lines.filter((line) => /^\S*\s*FAIL |Error: /.test(line));

/** @param {string} project @param {Runtime} runtime @param {string} binary @returns {Promise<Summary>} */
export function runProject(project, runtime, binary) {
  return project === PROGRAMS ? runPrograms(runtime, binary) : vitest(project, runtime, binary);
}
