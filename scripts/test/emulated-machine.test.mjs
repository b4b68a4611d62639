// The emulated machine ends with the process that started it. A shell script replaces QEMU.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { which } from '../lib/tools.mjs';

const machine = new URL('../emulated-kvm/machine.mjs', import.meta.url).href;

/** @type {string} */
let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-machine-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts a machine that runs until it is stopped. @returns its starter, and the process that replaces QEMU */
async function start() {
  const qemu = join(folder, 'qemu');
  writeFileSync(qemu, `#!/bin/sh\necho $$ > ${folder}/part && mv ${folder}/part ${folder}/pid\nexec sleep 1000\n`);
  chmodSync(qemu, 0o755);
  const options = { qemu, kernel: 'k', cpus: 1, memory: '1G', timeout: 1000, log: join(folder, 'log') };
  const source = `
    import { runMachine } from '${machine}';
    const take = () => {};
    await runMachine({ ...${JSON.stringify(options)}, initramfs: Buffer.alloc(1), onStdout: take, onStderr: take });`;
  const env = { ...process.env, TMPDIR: folder };
  const starter = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: 'inherit' });
  await vi.waitUntil(() => existsSync(join(folder, 'pid')), { timeout: 300_000 });
  return { starter, qemu: Number(readFileSync(join(folder, 'pid'), 'utf8')) };
}

/** @param {number} pid */
function lives(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('a signal that ends its starter stops it, and nothing is left', { timeout: 300_000 }, async () => {
  const { starter, qemu } = await start();
  starter.kill('SIGTERM');
  const [, signal] = await once(starter, 'close');
  expect(signal).toBe('SIGTERM');
  expect(lives(qemu)).toBe(false);
  expect(readdirSync(folder).filter((name) => name.startsWith('colony-emulated-'))).toEqual([]);
});

it('it dies with a starter that is killed', { timeout: 300_000 }, async (context) => {
  if (which('setpriv') === undefined) context.skip('setpriv (util-linux) is missing, which ties it to its starter');
  const { starter, qemu } = await start();
  starter.kill('SIGKILL');
  await once(starter, 'close');
  await vi.waitUntil(() => !lives(qemu), { timeout: 300_000 });
});
