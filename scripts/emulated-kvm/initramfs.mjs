// The machine's first file system: busybox, the kernel modules in the order in which they load, and init.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpio } from './cpio.mjs';

const WANTED = ['virtio_pci', 'virtio_console', 'virtio_rng', '9pnet_virtio', '9p', 'overlay', 'kvm-amd'];
const FOLDERS = ['bin', 'dev', 'host', 'layer', 'modules', 'proc', 'root', 'sys'];

/** The modules that a module needs, from its `.modinfo` section. @param {Buffer} module */
function dependencies(module) {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const names = module.toString('latin1', at + '\0depends='.length, module.indexOf(0, at + 1));
  return names.split(',').filter((name) => name !== '');
}

/** @param {string} folder @returns {Map<string, Buffer>} by name; a module comes after those that it needs */
function modulesInOrder(folder) {
  const plain = (/** @type {string} */ name) => name.replaceAll('-', '_');
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko'))
      .map((path) => [plain(basename(path, '.ko')), join(folder, path)]),
  );
  /** @type {Map<string, Buffer>} */
  const ordered = new Map();
  /** @param {string} name */
  const add = (name) => {
    const file = files.get(plain(name));
    // Parts that are built into the kernel have no file.
    if (file === undefined || ordered.has(plain(name))) return;
    const data = readFileSync(file);
    for (const needed of dependencies(data)) add(needed);
    ordered.set(plain(name), data);
  };
  for (const name of WANTED) add(name);
  return ordered;
}

/** @param {{ busybox: string, modules: string }} parts @param {string} job a shell script */
export function initramfs(parts, job) {
  const init = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'init.sh'));
  const modules = modulesInOrder(parts.modules);
  return cpio([
    ...FOLDERS.map((name) => ({ name })),
    { name: 'init', data: init },
    { name: 'job', data: Buffer.from(job) },
    { name: 'bin/busybox', data: readFileSync(parts.busybox) },
    { name: 'modules/order', data: Buffer.from([...modules.keys()].map((name) => `${name}\n`).join('')) },
    ...[...modules].map(([name, data]) => ({ name: `modules/${name}`, data })),
  ]);
}
