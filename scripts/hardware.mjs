#!/usr/bin/env node
// Tests Colony with KVM on hardware support, as far as any machine can provide it: on an emulated AMD processor with
// SVM and nested paging (see emulated-kvm.mjs). Ends with `N passed, N failed, N skipped`.
//
//   node scripts/hardware.mjs [options]
//     --short          boot, one call of each kind, the C floors: a few minutes. Without it the native tests, the kvm
//                      backend's tests with the laws of conformance and the bench's floors run too: an hour or more
//     --instructions   instructions per call, by a clock that counts them
//     --only TEXT      only the steps whose names hold TEXT
//     --list           the steps' names
import { execFileSync } from 'node:child_process';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineParts } from './emulated-kvm/debian.mjs';
import { runEmulated } from './emulated-kvm/run.mjs';
import { Report } from './hardware/report.mjs';
import { allSteps, INSTRUCTIONS, NATIVE_TESTS, SHORT } from './hardware/stages.mjs';
import { CommandFailed, root, run } from './lib/run.mjs';
import { SetupFailed, setup } from './setup.mjs';

const SHORT_SECONDS = 900;
const LONG_SECONDS = 3 * 3600;
/** The machine takes at most `memory` of the host's memory; it uses less than half of it. */
const MEMORY = { short: '3G', long: '6G' };
const LEAST_FREE = 2 * 2 ** 30;

/**
 * The reason why such a machine is impossible here; undefined if it is possible. @returns {Promise<string | undefined>}
 */
async function obstacle() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `virtines run on linux-x64, and this is ${process.platform}-${process.arch}`;
  }
  if (freemem() < LEAST_FREE) return `it takes 2 GiB of memory, and ${(freemem() / 2 ** 30).toFixed(1)} GiB are free`;
  try {
    const { qemu } = await machineParts();
    const accelerators = execFileSync(qemu, ['-accel', 'help'], { encoding: 'utf8' });
    return /\btcg\b/.test(accelerators) ? undefined : `${qemu} cannot emulate: it was built without TCG`;
  } catch (error) {
    return /** @type {Error} */ (error).message.replaceAll('\n', ' ');
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      instructions: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
    },
  });
  const steps = values.instructions ? INSTRUCTIONS : values.short ? SHORT : allSteps();
  return { ...values, steps: steps.filter(({ name }) => name.includes(values.only)) };
}

/** Builds on the host, where a compiler takes seconds instead of minutes. @param {readonly { kind: string }[]} steps */
async function build(steps) {
  const { buildPrograms } = await import('./hardware/programs.mjs');
  await buildPrograms();
  if (steps.some(({ kind }) => kind === 'doctest')) {
    const args = ['-C', 'packages/backend-kvm/native/tests', `OUT=${NATIVE_TESTS}`, 'build'];
    await run('build the native tests', 'make', args);
  }
}

async function main() {
  const { steps, short, instructions, list } = readArguments();
  if (list) return console.log(steps.map(({ name }) => name).join('\n'));
  if (steps.length === 0) throw new CommandFailed('No step has such a name: see --list');
  const report = new Report();
  const reason = await obstacle();
  if (reason !== undefined) {
    report.line(`SKIPPED the emulated machine: ${reason}`);
    return report.end();
  }
  await setup({ quiet: true, tests: steps.some(({ kind }) => kind !== 'lines'), peers: false });
  await build(steps);
  const plan = { steps };
  const little = short || instructions;
  const command = [process.execPath, join(root, 'scripts/hardware/inside.mjs'), JSON.stringify(plan)];
  try {
    await runEmulated(command, {
      // Deadlines then depend on executed instructions, not on the host's load. Also limits QEMU to one emulating
      // thread: with two, QEMU 7.2 was seen to hang, with both of its processors spinning.
      clock: 'instructions',
      memory: little ? MEMORY.short : MEMORY.long,
      timeout: little ? SHORT_SECONDS : LONG_SECONDS,
      out: join(root, '.cache/logs/hardware'),
      onStdout: (chunk) => report.take(chunk),
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    report.line(`FAILED the emulated machine: ${error.message.replaceAll('\n', ' | ')}`);
  }
  report.end();
  if (report.failed > 0 || report.passed === 0) process.exitCode = 1;
}

try {
  process.chdir(root);
  await main();
} catch (error) {
  if (!(error instanceof CommandFailed || error instanceof SetupFailed || error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
