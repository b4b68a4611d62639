// Runs steps on the emulated machine, and prints the result of every test for scripts/hardware/report.mjs.
//   node scripts/hardware/inside.mjs PLAN     (JSON: see Plan; /emulated/out gets each step's whole output)
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { ofDoctest, ofLines, ofVitest } from './results.mjs';

/** @typedef {import('./stages.mjs').Step} Step */
/** @typedef {{ steps: readonly Step[] }} Plan */

/** Milliseconds for Node to start and exit. */
function startOfNode() {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '']);
  return performance.now() - started;
}

const SUMMARY = '/tmp/colony-test-summary.json';
/** The value of vitest.config.ts. */
const TEST_MS = 30_000;
const HOOK_MS = 120_000;

/** @type {Plan} */
const plan = JSON.parse(process.argv[2] ?? '');

function needKvm() {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    const kernel = spawnSync('dmesg', { encoding: 'utf8' }).stdout ?? '';
    const said = kernel
      .split('\n')
      .filter((line) => /kvm|svm/i.test(line))
      .join(' | ');
    console.log(`FAILED /dev/kvm: ${/** @type {Error} */ (error).message}. Its kernel says: ${said}`);
    process.exit(1);
  }
}

/** Milliseconds in which Node starts on an ordinary idle machine. */
const USUAL_START_MS = 40;
/** The host's other load may vary during the tests. */
const MARGIN = 2;

/** How much slower this machine is than an ordinary one: the deadlines of tests are multiplied by it. */
function slowness() {
  startOfNode(); // reads Node's files for the first time
  return Math.max(1, (MARGIN * startOfNode()) / USUAL_START_MS);
}

/** @param {Step} step @param {number} slow */
function commandOf(step, slow) {
  if (step.kind !== 'vitest') return step.command;
  const patience = [`--testTimeout=${Math.ceil(TEST_MS * slow)}`, `--hookTimeout=${Math.ceil(HOOK_MS * slow)}`];
  const names = Object.keys(step.leftOut ?? {}).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const without = names.length === 0 ? [] : ['-t', `^(?!.*(${names.join('|')}))`];
  return [...step.command, ...patience, ...without];
}

/** @param {Step} step @param {number} slow @returns {Promise<{ output: string, problem: string | undefined }>} */
async function run(step, slow) {
  rmSync(SUMMARY, { force: true });
  const [command = '', ...args] = commandOf(step, slow);
  const seconds = Math.ceil(step.seconds * slow);
  const log = createWriteStream(`/emulated/out/${step.name.replace(/\W+/g, '-')}.log`);
  // A process group of its own, so that the step's descendants end with it.
  const child = spawn(command, args, {
    ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: {
      ...{ ...process.env, ...step.env, NO_COLOR: '1' },
      ...{ COLONY_TEST_SUMMARY: SUMMARY, COLONY_TEST_LEFT_OUT: JSON.stringify(step.leftOut ?? {}) },
    },
  });
  let output = '';
  let late = false;
  const take = (/** @type {Buffer} */ chunk) => {
    log.write(chunk);
    output += chunk;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    end();
  }, seconds * 1000);
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(timer);
  log.end();
  if (late) return { output, problem: `it did not end within ${seconds} s` };
  return { output, problem: status === 0 ? undefined : `it ended with ${status}` };
}

/** @param {Step} step @param {string} output */
function resultsOf(step, output) {
  if (step.kind === 'doctest') return ofDoctest(output);
  if (step.kind === 'lines') return ofLines(output);
  if (!existsSync(SUMMARY)) return [];
  return ofVitest(JSON.parse(readFileSync(SUMMARY, 'utf8')));
}

needKvm();
const slow = slowness();
console.log(
  `deadlines of steps and tests are ${slow.toFixed(0)} times those of a usual machine, by how fast a program starts here`,
);
for (const step of plan.steps) {
  const started = performance.now();
  const { output, problem } = await run(step, slow);
  const results = resultsOf(step, output);
  const failed = results.some((line) => line.startsWith('FAILED '));
  if (problem !== undefined && !failed) results.push(`FAILED ${step.name}: ${problem}`);
  else if (results.length === 0) results.push(`FAILED ${step.name}: it tested nothing`);
  console.log(`${step.name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  // Indented, so that none of its lines counts as a result.
  if (failed || problem !== undefined)
    console.log(output.trimEnd().split('\n').slice(-40).join('\n').replace(/^/gm, '    '));
  console.log(results.join('\n'));
}
