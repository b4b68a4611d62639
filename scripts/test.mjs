#!/usr/bin/env node
// Runs set-up, then all checks. The last line printed is `N passed, N failed, N skipped`: CI reads it. A stage (lint,
// layers, ...) counts as one test; vitest and the native tests count each of theirs.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kvmProblem } from './lib/kvm.mjs';
import { printSkipped } from './lib/reporter.mjs';
import { CommandFailed, root, run } from './lib/run.mjs';
import { style } from './lib/terminal.mjs';
import { SetupFailed, setup } from './setup.mjs';

const bin = (/** @type {string} */ name) => join(root, 'node_modules/.bin', name);
const node = process.execPath;

/** @type {import('./lib/reporter.mjs').Summary} */
const total = { passed: 0, failed: [], skipped: [] };

/** @param {string} title @param {() => Promise<void>} work */
async function stage(title, work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof SetupFailed)) throw error;
    console.error(`  ${style('red', '✗')} ${error.message}`);
    total.failed.push(title);
  }
}

/** One command, one test. @param {string} title @param {string} command @param {readonly string[]} args */
const check = (title, command, ...args) =>
  stage(title, async () => {
    await run(title, command, args);
    total.passed += 1;
  });

/**
 * Runs a command that prints a line `N passed, N failed, N skipped`, and `FAILED name: why` and `SKIPPED name: why`.
 * @param {string} title @param {string} command @param {readonly string[]} args
 */
const suite = (title, command, ...args) =>
  stage(title, async () => {
    try {
      const output = await run(title, command, args);
      const { counted } = count(title, output);
      if (!counted) total.passed += 1;
    } catch (error) {
      // Passes before the failure still count. A failure that the output does not list is counted for the stage.
      if (!(error instanceof CommandFailed) || count(title, error.output).failed === 0) throw error;
      console.error(`  ${error.message}`);
    }
  });

/** Adds the counts of a suite's output. @param {string} title @param {string} output */
function count(title, output) {
  const counts = [...output.matchAll(/^(\d+) passed, \d+ failed, \d+ skipped$/gm)];
  const failed = [...output.matchAll(/^FAILED (.*?)(?:: .*)?$/gm)];
  for (const [, passed] of counts) total.passed += Number(passed);
  for (const [, name] of failed) total.failed.push(`${title}: ${name}`);
  for (const [, name = '', reason] of output.matchAll(/^SKIPPED (.*?): (.*)$/gm)) {
    total.skipped.push({ name: `${title}: ${name}`, reason });
  }
  return { counted: counts.length > 0, failed: failed.length };
}

async function vitest() {
  const file = join(root, '.cache/test-summary.json');
  rmSync(file, { force: true });
  await stage('vitest', async () => {
    let failure;
    try {
      await run('vitest', bin('vitest'), ['run'], { echo: true, env: { COLONY_TEST_SUMMARY: file } });
    } catch (error) {
      // With a summary, its failures are counted below, one by one.
      if (!existsSync(file)) throw error;
      failure = error;
    }
    if (!existsSync(file)) throw new CommandFailed('vitest left no summary');
    const summary = /** @type {import('./lib/reporter.mjs').Summary} */ (JSON.parse(readFileSync(file, 'utf8')));
    total.passed += summary.passed;
    total.failed.push(...summary.failed);
    total.skipped.push(...summary.skipped);
    if (failure !== undefined && summary.failed.length === 0) throw failure;
  });
}

/**
 * A machine without KVM is not a fault of the code: its tests are skipped, each with the reason, and a banner reports
 * it at the end. COLONY_REQUIRE_KVM=1 makes missing KVM a failure, for machines that must have it.
 */
function report() {
  const kvm = kvmProblem();
  if (kvm !== undefined && process.env.COLONY_REQUIRE_KVM === '1') total.failed.push(`KVM was required: ${kvm}`);
  printSkipped(total.skipped);
  if (total.failed.length > 0) {
    console.log(style('red', `\nFailed (${total.failed.length}):`));
    for (const name of total.failed) console.log(`  ${name}`);
  }
  if (kvm !== undefined) console.log(`\n${'!'.repeat(80)}\n  NO VIRTINE WAS TESTED. ${kvm}\n${'!'.repeat(80)}`);
  console.log(`\n${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
  process.exitCode = total.failed.length > 0 ? 1 : 0;
}

/** Most stages leave a processor idle. @param {(() => Promise<void>)[]} lanes */
const atOnce = (...lanes) => Promise.all(lanes.map((lane) => lane()));

async function checks() {
  await check('lint and format', bin('biome'), 'ci', '--colors=off', '.');
  await check('layers', node, 'scripts/layers.mjs');
  await check('unused exports, files and dependencies', bin('knip'));
  await check('prose', node, 'scripts/prose.mjs');
  await suite('lint of C and C++', node, 'scripts/native-lint.mjs', '--short');
  await check('abi', node, 'scripts/gen-abi.mjs', '--check');
  await check('types of tests and scripts', bin('tsc'), '-p', 'tsconfig.test.json');
}

async function native() {
  const [kvm, zygote] = ['packages/backend-kvm/native', 'packages/backend-process/native'];
  await suite('native tests with sanitizers', 'timeout', '600', 'make', '-C', `${kvm}/tests`, '-j2');
  const tsan = ['make', '-C', `${kvm}/tests`, '-j2', 'tsan'];
  await suite("the pool's native tests with ThreadSanitizer", 'timeout', '600', ...tsan);
  await suite('native fuzzing, a short run', 'make', '-C', `${kvm}/fuzz`, '-j2', 'run', 'SECONDS=10');
  await suite("the zygote's parser with sanitizers", 'make', '-C', `${zygote}/tests`);
  await suite("fuzzing of the zygote's parser, a short run", 'make', '-C', `${zygote}/fuzz`, 'run', 'SECONDS=5');
}

const packages = () => suite('packed tarballs in an empty folder', node, 'scripts/pack-test.mjs');

async function machines() {
  await suite('other Nodes, bun and deno, a short run', node, 'scripts/nodes.mjs', '--short');
  await suite('emulated hardware KVM, a short run', node, 'scripts/hardware.mjs', '--short');
}

console.log(style('bold', 'Set-up'));
let ready = false;
await stage('set-up', async () => {
  const { warnings } = await setup({ tests: true });
  ready = true;
  // A developer may continue without; in CI, fewer tests than expected are worse than a failure.
  if (process.env.CI) for (const line of warnings) total.failed.push(`set-up: ${line}`);
  else for (const line of warnings) console.log(`  ${style('yellow', '!')} ${line}`);
});
if (ready) {
  console.log(style('bold', 'Checks and native code'));
  await atOnce(checks, native);
  console.log(style('bold', 'TypeScript'));
  await suite('fuzzing of the readers in TypeScript, a short run', node, 'scripts/fuzz.mjs', '--short');
  await vitest();
  console.log(style('bold', 'Packages and other machines'));
  await atOnce(packages, machines);
}
report();
