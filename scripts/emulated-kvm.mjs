#!/usr/bin/env node
// Runs a command on a machine with /dev/kvm where there is none: QEMU emulates an AMD processor with SVM, Linux's own
// kvm_amd runs on it, and this machine's files are seen through a layer that keeps writes in memory.
//
//   node scripts/emulated-kvm.mjs [options] -- COMMAND [ARGUMENT...]
//     --clock instructions|real   instructions (default): the machine's time goes by 1 ns an instruction, so that
//                                 deadlines mean what they do on a fast machine; one emulating thread. real: the
//                                 host's time, a thread for each processor
//     --cpus N        2            --memory SIZE   6G
//     --out FOLDER    a folder of the host that the command may write, as /emulated/out
//     --timeout N     seconds of the host after which the machine is stopped: 1800
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machineParts } from './emulated-kvm/debian.mjs';
import { initramfs } from './emulated-kvm/initramfs.mjs';
import { runMachine } from './emulated-kvm/machine.mjs';
import { CommandFailed, root } from './lib/run.mjs';

const usage =
  'node scripts/emulated-kvm.mjs [--clock instructions|real] [--cpus N] [--memory SIZE] [--out FOLDER] [--timeout N] -- COMMAND';
/** 2^0 ns an instruction. */
const ICOUNT = 0;
const PASSED_ON = /^(HOME|PATH|LANG|TERM|CI|NO_COLOR|NODE_.*|COLONY_.*)$/;

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {readonly string[]} command */
function job(command) {
  const environment = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  return [
    ...environment.map(([name, value]) => `export ${name}=${quoted(value ?? '')}`),
    `cd ${quoted(process.cwd())} || exit 125`,
    command.map(quoted).join(' '),
    '',
  ].join('\n');
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      clock: { type: 'string', default: 'instructions' },
      cpus: { type: 'string', default: '2' },
      memory: { type: 'string', default: '6G' },
      out: { type: 'string' },
      timeout: { type: 'string', default: '1800' },
    },
  });
  const known = values.clock === 'instructions' || values.clock === 'real';
  if (!known || positionals.length === 0 || !(Number(values.cpus) > 0) || !(Number(values.timeout) > 0)) {
    throw new CommandFailed(`Usage: ${usage}`);
  }
  return { ...values, command: positionals };
}

async function main() {
  const options = readArguments();
  const parts = await machineParts();
  const log = join(root, '.cache/logs/emulated-kvm.log');
  mkdirSync(join(root, '.cache/logs'), { recursive: true });
  if (options.out !== undefined) mkdirSync(options.out, { recursive: true });
  const status = await runMachine({
    ...parts,
    initramfs: initramfs(parts, job(options.command)),
    cpus: Number(options.cpus),
    memory: options.memory,
    icount: options.clock === 'instructions' ? ICOUNT : undefined,
    out: options.out === undefined ? undefined : resolve(options.out),
    timeout: Number(options.timeout),
    log,
  });
  if (status !== undefined) return status;
  const said = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20);
  throw new CommandFailed(
    `The emulated machine ended without the command's status (or ran out of time). What its kernel said last, of ` +
      `${relative(process.cwd(), log)}:\n${said.join('\n')}`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CommandFailed || error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 125;
}
