/**
 * Identifies the code that runs and the machine it runs on. Earlier measurements count only for the same code and
 * machine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BUILT_IN_BACKENDS } from '@colony/core';
import type { Facts } from '../facts.js';

/** Colony's own packages. Packages that are not installed are skipped. */
const PACKAGES = ['core', 'guest', ...BUILT_IN_BACKENDS.map((name) => `backend-${name}`), 'conformance', 'bench'];
/**
 * Everything that runs: compiled TypeScript, addons, engines, and the sources that guests and floors are built from.
 */
const FOLDERS = ['dist', 'programs', 'native', 'runtime', 'include', 'boot', 'guest', 'wasm', 'probes'];
const CODE = /\.(js|mjs|node|wasm|c|cc|h|S|ld|img|bin|elf)$/;

function packageFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`@colony/${name}/package.json`));
  } catch {
    return undefined;
  }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && CODE.test(entry.name) && !/obj\.target/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A hash of all Colony code that a run executes. A commit does not show uncommitted changes. */
export function codeFingerprint(packages: readonly string[] = PACKAGES): string {
  const hash = createHash('sha256');
  for (const name of packages) {
    const folder = packageFolder(name);
    if (folder === undefined) continue;
    for (const file of FOLDERS.flatMap((part) => filesIn(join(folder, part)))) {
      hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** The facts that a measurement depends on besides the code. Load, time and the last boot are left out. */
export function machineOf(facts: Facts): Record<string, string> {
  const { cpu, memoryMiB, kernel, kvm, versions, mitigations } = facts;
  return {
    processor: `${cpu.model}, ${cpu.count} CPUs, governor ${cpu.governor ?? 'unknown'}`,
    memory: `${memoryMiB} MiB`,
    kernel,
    KVM: `${kvm.flavour}${kvm.device ? '' : ', no device'}`,
    versions: JSON.stringify(versions),
    mitigations: JSON.stringify(mitigations),
  };
}
