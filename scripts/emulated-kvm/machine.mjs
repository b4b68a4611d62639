// One run of the emulated machine: QEMU's emulation of an AMD processor with SVM, on which Linux has a /dev/kvm.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { which } from '../lib/tools.mjs';

/**
 * @typedef {object} Machine
 * @property {string} qemu
 * @property {string} kernel
 * @property {Buffer} initramfs
 * @property {number} cpus
 * @property {string} memory as QEMU writes it: `6G`
 * @property {number | undefined} icount the machine's clock counts 2^icount ns an instruction; undefined: real time
 * @property {string | undefined} out folder of the host that the machine may write, as /emulated/out
 * @property {number} timeout seconds
 * @property {string} log file for the kernel's messages
 * @property {(chunk: Buffer) => void} onStdout
 * @property {(chunk: Buffer) => void} onStderr
 */

const STOPPING = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param {Machine} machine @param {string} folder @param {string} initrd */
function qemuArguments(machine, folder, initrd) {
  const share = (/** @type {string} */ tag, /** @type {string} */ path, /** @type {string} */ access) => [
    ...['-fsdev', `local,id=${tag},path=${path},security_model=none,multidevs=remap,${access}`],
    ...['-device', `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
  const port = (/** @type {string} */ name) => [
    ...['-chardev', `socket,id=${name},path=${join(folder, name)}`],
    ...['-device', `virtserialport,chardev=${name},name=${name}`],
  ];
  const clocked = machine.icount !== undefined;
  return [
    // One emulating thread if instructions are the clock, because they are counted in one order.
    ...['-accel', `tcg,thread=${clocked ? 'single' : 'multi'},tb-size=512`],
    // An idle processor waits in real time (sleep=on). Otherwise its clock jumps to the next timer, again and again
    // while it waits for the host's files. Minutes pass in the machine for seconds outside, and every deadline passes
    // with them.
    ...(clocked ? ['-icount', `shift=${machine.icount},sleep=on`] : []),
    ...['-cpu', 'max', '-smp', String(machine.cpus), '-m', machine.memory],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', machine.kernel, '-initrd', initrd],
    // no_timer_check: on a busy host the timer's ticks come too late for the kernel, which then panics.
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable no_timer_check'],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['stdout', 'stderr', 'status'].flatMap(port),
    ...share('host', '/', 'readonly=on'),
    ...(machine.out === undefined ? [] : share('out', machine.out, 'readonly=off')),
  ];
}

/** Listens for the machine's output on a port. @param {string} path @param {(chunk: Buffer) => void} take */
async function listen(path, take) {
  const server = createServer((socket) => socket.on('data', take));
  await new Promise((resolve, reject) => server.once('error', reject).listen(path, () => resolve(undefined)));
  return server;
}

/**
 * Runs QEMU until it ends. QEMU dies with this process, however that ends.
 * @param {Machine} machine
 * @param {string[]} args
 */
async function runQemu(machine, args) {
  const log = createWriteStream(machine.log);
  const tied = which('setpriv') === undefined ? [] : ['setpriv', '--pdeathsig', 'KILL'];
  const [command = '', ...rest] = [...tied, machine.qemu, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: machine.timeout * 1000,
    killSignal: 'SIGKILL',
  });
  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    stoppedBy = signal;
    child.kill('SIGKILL');
  };
  for (const signal of STOPPING) process.once(signal, stop);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  for (const signal of STOPPING) process.removeListener(signal, stop);
  await finished(log.end());
  return stoppedBy;
}

/**
 * Runs the job of the initramfs. A signal that asks this process to end stops the machine first.
 * @param {Machine} machine
 * @returns {Promise<number | undefined>} the job's exit status; undefined: the machine ended without one
 */
export async function runMachine(machine) {
  const folder = mkdtempSync(join(tmpdir(), 'colony-emulated-'));
  let status = '';
  const servers = await Promise.all([
    listen(join(folder, 'stdout'), machine.onStdout),
    listen(join(folder, 'stderr'), machine.onStderr),
    listen(join(folder, 'status'), (chunk) => {
      status += chunk;
    }),
  ]);
  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  try {
    const initrd = join(folder, 'initramfs');
    writeFileSync(initrd, machine.initramfs);
    stoppedBy = await runQemu(machine, qemuArguments(machine, folder, initrd));
  } finally {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (stoppedBy !== undefined) process.kill(process.pid, stoppedBy);
  return status === '' ? undefined : Number(status);
}
