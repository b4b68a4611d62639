/** One virtine as the lock file records it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ColonyError, type Policy } from '@colony/core';
import type { VirtineReport } from '../report/types.js';

export interface LockEntry {
  /** SHA-256 of the files that the program was cut from, with their names. */
  readonly content: string;
  /** The program's own hash. */
  readonly program: string;
  /** SHA-256 of the program without its name and its file's name, so that a rename or a move does not change it. */
  readonly shape?: string;
  /** The policy that it runs under, with limits that differ from the defaults. */
  readonly policy: Policy;
  /** Accepted refusals, by the names that `accept` uses. */
  readonly accepted?: readonly string[];
  /** Versions of the npm packages in the program; several if it holds several copies. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** `src/price.ts#price`, and `#price~2` for the second of that name in a file. */
export function keysOf(reports: readonly VirtineReport[]): string[] {
  const counts = new Map<string, number>();
  return reports.map(({ file, name }) => {
    const key = `${file}#${name}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count === 1 ? key : `${key}~${count}`;
  });
}

export const fileOf = (key: string): string => key.slice(0, key.lastIndexOf('#'));

/** `files`: absolute paths of all files that were read, because names in a report omit the path outside the root. */
export async function entryOf(report: VirtineReport, root: string, files: readonly string[]): Promise<LockEntry> {
  const inside = report.modules.filter((module) => module.inside > 0 || module.read);
  const hash = createHash('sha256');
  const bare = createHash('sha256').update(`${report.name}\0`);
  const packages = new Map<string, Set<string>>();
  for (const module of inside) {
    const path = files.find((file) => file.endsWith(`/${module.file}`)) ?? resolve(root, module.file);
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest();
    hash.update(`${module.file}\0`).update(digest);
    bare.update(digest);
    if (module.package === undefined) continue;
    const versions = packages.get(module.package) ?? new Set();
    packages.set(module.package, versions.add(await versionOf(path, module.package)));
  }
  const accepted = [...new Set(report.accepted.map(({ subject }) => subject))].sort();
  const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    content: `sha256-${hash.digest('hex')}`,
    program: report.program.hash,
    shape: report.program.shape ?? `sha256-${bare.digest('hex')}`,
    policy: report.effective,
    ...(accepted.length > 0 && { accepted }),
    packages: Object.fromEntries(sorted.map(([name, versions]) => [name, [...versions].sort()])),
  };
}

/** Reads package.json in the package's own folder: one further inside may hold only `"type"`. */
async function versionOf(file: string, name: string): Promise<string> {
  const marker = `/node_modules/${name}/`;
  const at = file.lastIndexOf(marker);
  const folder = at === -1 ? dirname(file) : file.slice(0, at + marker.length - 1);
  try {
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version?: string };
    return version ?? 'no version';
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return 'no version';
    const message = `${join(folder, 'package.json')}: the version of ${name} cannot be read: ${error}`;
    throw new ColonyError('ERR_COMPILE', message, { cause: error });
  }
}
