/** The project that a file belongs to. It is found from the file, so that the working directory does not matter. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ColonyError, compilePolicy, type LimitsInput } from '@colony/core';

export interface PackageJson {
  readonly name?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly colony?: { readonly accept?: readonly string[]; readonly limits?: LimitsInput };
}

/** Returns `folder` and the folders above it, nearest first. */
export function foldersUp(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersUp(above)];
}

/** Returns `undefined` if the file is missing or is not JSON. */
function readPackage(folder: string): PackageJson | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The `type` of the nearest package.json, as Node reads it: 'module', 'commonjs', or undefined. */
export function packageType(file: string): string | undefined {
  const scope = foldersUp(dirname(file)).find((folder) => existsSync(join(folder, 'package.json')));
  return scope === undefined ? undefined : readPackage(scope)?.type;
}

const BESIDE_ROOT = ['node_modules', 'colony.lock.json', 'colony.profile.json', '.git'];

/**
 * Returns the nearest folder above `file` with a package.json that has a name, or that lies beside installed packages,
 * a lock, a profile or a repository. A package.json with a `type` alone only changes how a folder is read. Without such
 * a folder, returns that of the nearest package.json; without any, the file's own folder.
 */
export function projectRoot(file: string): string {
  const folders = foldersUp(dirname(file)).filter((folder) => existsSync(join(folder, 'package.json')));
  const isRoot = (folder: string) =>
    readPackage(folder)?.name !== undefined || BESIDE_ROOT.some((name) => existsSync(join(folder, name)));
  return folders.find(isRoot) ?? folders[0] ?? dirname(file);
}

/**
 * Reads `"colony": { "accept": ["process"] }` of a project's package.json: refusals that all its virtines accept,
 * however they are built.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function acceptedBy(root: string): readonly string[] {
  const accept = readPackage(root)?.colony?.accept ?? [];
  if (Array.isArray(accept) && accept.every((name) => typeof name === 'string')) return accept;
  const message = `${join(root, 'package.json')}: colony.accept must be a list of names, as ["node:fs", "process"]`;
  throw new ColonyError('ERR_BAD_OPTION', message, { details: { path: 'colony.accept' } });
}

/**
 * Reads `"colony": { "limits": { "wallTime": "5 s" } }` of a project's package.json: limits of all its virtines that
 * state none of their own, however they are built.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function projectLimits(root: string): LimitsInput {
  const limits = readPackage(root)?.colony?.limits ?? {};
  const problem = limitsProblem(limits);
  if (problem === undefined) return limits;
  const message = `${join(root, 'package.json')}: colony.limits are not limits: ${problem}`;
  throw new ColonyError('ERR_BAD_OPTION', message, { details: { path: 'colony.limits' } });
}

/** The reason that core rejects the limits, if it does. */
export function limitsProblem(limits: unknown): string | undefined {
  try {
    compilePolicy({ limits: limits as LimitsInput });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
