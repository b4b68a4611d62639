// The tarballs of this checkout in a temporary folder, with a loopback registry in front of them.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT } from './addon.mjs';
import { packAll, SCOPE } from './pack.mjs';
import { startRegistry } from './registry.mjs';

/**
 * @typedef {object} Tarballs
 * @property {string} folder a temporary one that other users may read; it also holds the consumers
 * @property {string} files the folder of the tarballs
 * @property {import('./pack.mjs').Packed[]} packages
 * @property {import('./registry.mjs').Registry} registry
 * @property {string} scope
 */

/**
 * @param {(tarballs: Tarballs) => Promise<void>} work
 * @param {{ scope?: string, addon?: string }} [options]
 */
export async function withTarballs(work, { scope = SCOPE, addon = BUILT } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'colony-pack-'));
  await chmod(folder, 0o755);
  const files = join(folder, 'tarballs');
  await mkdir(files);
  try {
    const packages = await packAll(files, { scope, addon });
    const registry = await startRegistry(files, packages);
    try {
      await work({ folder, files, packages, registry, scope });
    } finally {
      await registry.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Our packages, as named in a manifest.
 * @param {Tarballs} tarballs @param {readonly string[]} names without the scope
 * @param {'tarballs' | 'names'} by
 */
export function specified({ files, packages, scope }, names, by) {
  return names.map((short) => {
    const packed = packages.find((candidate) => candidate.name === `${scope}/${short}`);
    if (packed === undefined) throw new Error(`there is no package ${short}`);
    return { name: packed.name, specifier: by === 'names' ? packed.version : `file:${join(files, packed.filename)}` };
  });
}
