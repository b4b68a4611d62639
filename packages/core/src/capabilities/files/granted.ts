/**
 * The directories that a policy grants, resolved when a context is created. Links in a grant's own path are resolved
 * once, at that time. A link swapped into that path later does not move the grant.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

export interface GrantedDirectory {
  /** Absolute path, as the policy names it. */
  readonly path: string;
  /** Its location, without links in the part that existed. */
  readonly real: string;
}

/** The granted directories of one context, deepest first. */
export interface OpenFiles {
  readonly read: readonly GrantedDirectory[];
  readonly write: readonly GrantedDirectory[];
  /** Most bytes of one file. */
  readonly maxBytes: number;
}

interface Lists {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/**
 * `first` is the first layer that narrows files. Later layers must list the path too. No links are followed below it.
 */
export function openGrantedFiles(first: Lists | undefined, maxBytes: number): OpenFiles {
  return { read: deepestFirst(first?.read ?? []), write: deepestFirst(first?.write ?? []), maxBytes };
}

function deepestFirst(paths: readonly string[]): GrantedDirectory[] {
  return [...paths].sort((a, b) => b.length - a.length).map((path) => ({ path, real: realPath(path) }));
}

/**
 * Resolves links. A path that does not exist yet, or cannot be read, keeps its name, because it is opened without
 * following links.
 */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** Returns the first of the directories that contains a normalized path. */
export function directoryOf(directories: readonly string[], path: string): string | undefined {
  return directories.find(
    (directory) => path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep),
  );
}

/** Returns the deepest granted directory that contains an absolute path. */
export function directoryAbove(granted: readonly GrantedDirectory[], path: string): GrantedDirectory | undefined {
  return granted.find((directory) => directoryOf([directory.path], path) !== undefined);
}
