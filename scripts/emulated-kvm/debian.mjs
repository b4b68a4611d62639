// The parts of the emulated machine, from Debian: QEMU is installed if it is missing; the kernel and a static busybox
// are only unpacked, into `.cache`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, root, run } from '../lib/run.mjs';
import { which } from '../lib/tools.mjs';

const cache = join(root, '.cache/emulated-kvm');
const QEMU = 'qemu-system-x86_64';
const APT = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Sandbox::User=root'];

async function installQemu() {
  const present = which(QEMU);
  if (present !== undefined) return present;
  if (process.getuid?.() === 0 && which('apt-get') !== undefined) {
    const install = [...APT, '-y', '--no-install-recommends', 'install', 'qemu-system-x86'];
    await run('install qemu-system-x86', 'apt-get', install, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  }
  const installed = which(QEMU);
  if (installed !== undefined) return installed;
  throw new CommandFailed(`No ${QEMU}: 'sudo apt-get install qemu-system-x86' (or your system's package of it).`);
}

/** The package to which Debian's `linux-image-amd64` refers at present. */
function kernelPackage() {
  const text = execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-[\w.+-]+)/.exec(text)?.[1];
  if (name === undefined) throw new CommandFailed("No Debian kernel to be had: 'sudo apt-get update'.");
  return name;
}

/** Downloads a package and unpacks it, once. @param {string} name @returns {Promise<string>} the folder */
async function unpacked(name) {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}`;
  mkdirSync(join(part, 'download'), { recursive: true });
  try {
    await run(`download ${name}`, 'apt-get', [...APT, 'download', name], { cwd: join(part, 'download') });
    const [file] = readdirSync(join(part, 'download'));
    if (file === undefined) throw new CommandFailed(`apt-get downloaded no ${name}`);
    await run(`unpack ${name}`, 'dpkg-deb', ['-x', join(part, 'download', file), part], { quiet: true });
    rmSync(join(part, 'download'), { recursive: true });
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
}

/**
 * @returns {Promise<{ qemu: string, busybox: string, kernel: string, modules: string }>} files, and the folder of modules
 */
export async function machineParts() {
  if (which('apt-get') === undefined || which('dpkg-deb') === undefined) {
    throw new CommandFailed(
      'The emulated machine is put together from Debian packages: it needs apt-get and dpkg-deb.',
    );
  }
  const qemu = await installQemu();
  const linux = await unpacked(kernelPackage());
  const version = readdirSync(join(linux, 'lib/modules'))[0] ?? '';
  return {
    qemu,
    busybox: join(await unpacked('busybox-static'), 'bin/busybox'),
    kernel: join(linux, 'boot', `vmlinuz-${version}`),
    modules: join(linux, 'lib/modules', version, 'kernel'),
  };
}
