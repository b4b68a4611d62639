// Checks that node_modules holds what package-lock.json lists. npm records the installed packages in a hidden lock
// file. A comparison of the two files needs no stamp of our own and detects every difference.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {Record<string, string>} Ranges */
/** @typedef {{ dependencies?: Ranges, devDependencies?: Ranges, optionalDependencies?: Ranges, peerDependencies?: Ranges }} Manifest */
/** @typedef {Manifest & { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean, integrity?: string }} Entry */

/** @param {string} file @returns {Record<string, Entry>} */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/**
 * Checks that the lock file holds a package.json's dependencies. @param {Manifest} manifest @param {Manifest} locked
 */
function agree(manifest, locked) {
  /** @param {Manifest} m */
  const ranges = (m) =>
    [m.dependencies, m.devDependencies, m.optionalDependencies, m.peerDependencies].map((dependencies) =>
      Object.entries(dependencies ?? {}).sort(),
    );
  return JSON.stringify(ranges(manifest)) === JSON.stringify(ranges(locked));
}

/**
 * The first package.json that the lock file does not match, as after an edit without `npm install`.
 * @param {string} root
 */
export function outdatedLock(root) {
  for (const [path, locked] of Object.entries(packagesOf(join(root, 'package-lock.json')))) {
    const file = join(root, path, 'package.json');
    if (path.includes('node_modules/') || !existsSync(file)) continue;
    if (!agree(JSON.parse(readFileSync(file, 'utf8')), locked)) return join(path, 'package.json');
  }
  return undefined;
}

/** @param {string} root @returns {string | undefined} the first difference */
export function staleDependency(root) {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return 'nothing is installed';
  const installed = packagesOf(hidden);
  for (const [path, entry] of Object.entries(packagesOf(join(root, 'package-lock.json')))) {
    if (!path.includes('node_modules/')) continue;
    const has = installed[path];
    // A missing optional package may be for another platform.
    if (has === undefined && (entry.optional || entry.devOptional)) continue;
    if (has?.version !== entry.version || has?.integrity !== entry.integrity) return path;
    if (!existsSync(join(root, path))) return path;
  }
  return undefined;
}
