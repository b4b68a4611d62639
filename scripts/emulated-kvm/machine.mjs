// One run of the emulated machine: QEMU's emulation of an AMD processor with SVM, on which Linux has a /dev/kvm.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

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
 * @property {string} log file that takes what the kernel says
 */

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
    // One emulating thread where instructions are the clock: they are counted in one order.
    ...['-accel', `tcg,thread=${clocked ? 'single' : 'multi'},tb-size=512`],
    ...(clocked ? ['-icount', `shift=${machine.icount},sleep=off`] : []),
    ...['-cpu', 'max', '-smp', String(machine.cpus), '-m', machine.memory],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', machine.kernel, '-initrd', initrd],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable'],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['stdout', 'stderr', 'status'].flatMap(port),
    ...share('host', '/', 'readonly=on'),
    ...(machine.out === undefined ? [] : share('out', machine.out, 'readonly=off')),
  ];
}

/** Listens for what the machine writes to a port. @param {string} path @param {(chunk: Buffer) => void} take */
async function listen(path, take) {
  const server = createServer((socket) => socket.on('data', take));
  await new Promise((resolve, reject) => server.once('error', reject).listen(path, () => resolve(undefined)));
  return server;
}

/**
 * Runs the job that is in the initramfs; what it prints goes to this process's own output.
 * @param {Machine} machine
 * @returns {Promise<number | undefined>} its exit status; undefined: the machine ended without one
 */
export async function runMachine(machine) {
  const folder = mkdtempSync(join(tmpdir(), 'colony-emulated-'));
  let status = '';
  const servers = await Promise.all([
    listen(join(folder, 'stdout'), (chunk) => process.stdout.write(chunk)),
    listen(join(folder, 'stderr'), (chunk) => process.stderr.write(chunk)),
    listen(join(folder, 'status'), (chunk) => {
      status += chunk;
    }),
  ]);
  try {
    const initrd = join(folder, 'initramfs');
    writeFileSync(initrd, machine.initramfs);
    const log = createWriteStream(machine.log);
    const child = spawn(machine.qemu, qemuArguments(machine, folder, initrd), {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: machine.timeout * 1000,
      killSignal: 'SIGKILL',
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    await finished(log.end());
  } finally {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return status === '' ? undefined : Number(status);
}
