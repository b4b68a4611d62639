#!/usr/bin/env node
// Runs a command on a machine with /dev/kvm, also if this machine lacks it: QEMU emulates an AMD processor with SVM,
// Linux's own kvm_amd runs on it, and this machine's files are visible through a layer that keeps writes in memory.
//
//   node scripts/emulated-kvm.mjs [options] -- COMMAND [ARGUMENT...]
//     --clock instructions|real   instructions (default): while the machine is busy, an instruction takes 1 ns of its time,
//                                 so that a duration is a count without noise; one emulating thread. real: the
//                                 host's time, a thread for each processor
//     --cpus N        2, or 1 if instructions are the clock
//     --memory SIZE   6G
//     --out FOLDER    a folder of the host that the command may write, as /emulated/out
//     --timeout N     seconds of the host after which the machine is stopped: 1800
import { parseArgs } from 'node:util';
import { runEmulated } from './emulated-kvm/run.mjs';
import { CommandFailed } from './lib/run.mjs';

const usage =
  'node scripts/emulated-kvm.mjs [--clock instructions|real] [--cpus N] [--memory SIZE] [--out FOLDER] [--timeout N] -- COMMAND';

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      clock: { type: 'string', default: 'instructions' },
      cpus: { type: 'string' },
      memory: { type: 'string', default: '6G' },
      out: { type: 'string' },
      timeout: { type: 'string', default: '1800' },
    },
  });
  const { clock, memory, out } = values;
  const cpus = values.cpus === undefined ? undefined : Number(values.cpus);
  const timeout = Number(values.timeout);
  const numbers = (cpus === undefined || cpus > 0) && timeout > 0;
  if ((clock !== 'instructions' && clock !== 'real') || positionals.length === 0 || !numbers) {
    throw new CommandFailed(`Usage: ${usage}`);
  }
  return { command: positionals, options: { clock, memory, out, timeout, ...(cpus === undefined ? {} : { cpus }) } };
}

try {
  const { command, options } = readArguments();
  process.exitCode = await runEmulated(
    command,
    /** @type {import('./emulated-kvm/run.mjs').EmulatedOptions} */ (options),
  );
} catch (error) {
  if (!(error instanceof CommandFailed || error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 125;
}
