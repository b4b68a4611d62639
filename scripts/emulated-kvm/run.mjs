// Runs one command on the emulated machine, in this process's folder and environment.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { CommandFailed, root } from '../lib/run.mjs';
import { machineParts } from './debian.mjs';
import { initramfs } from './initramfs.mjs';
import { runMachine } from './machine.mjs';

/** 2^0 ns an instruction. */
const ICOUNT = 0;
const PASSED_ON = /^(HOME|PATH|LANG|TERM|CI|NO_COLOR|NODE_.*|COLONY_.*)$/;

/**
 * @typedef {object} EmulatedOptions
 * @property {'instructions' | 'real'} clock
 * @property {number} [cpus] default: one if instructions are the clock, because they are counted in one order; else two
 * @property {string} [memory] as QEMU writes it; default 6G
 * @property {string | undefined} [out] folder of the host that the command may write, as /emulated/out
 * @property {number} [timeout] seconds of the host after which the machine is stopped: 1800
 * @property {(chunk: Buffer) => void} [onStdout] default: this process's own
 */

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

/**
 * @param {readonly string[]} command
 * @param {EmulatedOptions} options
 * @returns {Promise<number>} its exit status
 * @throws CommandFailed if the machine is unavailable, or ends without the command's status
 */
export async function runEmulated(command, options) {
  const parts = await machineParts();
  const log = join(root, '.cache/logs/emulated-kvm.log');
  mkdirSync(join(root, '.cache/logs'), { recursive: true });
  if (options.out !== undefined) mkdirSync(options.out, { recursive: true });
  const clocked = options.clock === 'instructions';
  const status = await runMachine({
    ...parts,
    initramfs: initramfs(parts, job(command)),
    cpus: options.cpus ?? (clocked ? 1 : 2),
    memory: options.memory ?? '6G',
    icount: clocked ? ICOUNT : undefined,
    out: options.out === undefined ? undefined : resolve(options.out),
    timeout: options.timeout ?? 1800,
    log,
    onStdout: options.onStdout ?? ((chunk) => process.stdout.write(chunk)),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  if (status !== undefined) return status;
  const said = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20);
  throw new CommandFailed(
    `The emulated machine ended without the command's status (or ran out of time). What its kernel said last, of ` +
      `${relative(process.cwd(), log)}:\n${said.join('\n')}`,
  );
}
