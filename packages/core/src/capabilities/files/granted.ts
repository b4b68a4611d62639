/**
 * The directories that a policy grants, as they are when a context is created: links in a grant's own path are resolved
 * then, once. A link that is swapped into that path later does not move the grant.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

export interface GrantedDirectory {
  /** As the policy names it, absolute. */
  readonly path: string;
  /** Its place, without links in the part that existed. */
  readonly real: string;
}

/** The files of one context. The deepest directory comes first. */
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

/** `first` is the first layer that narrows files: later layers must list the path, too, and no links are followed below. */
export function openGrantedFiles(first: Lists | undefined, maxBytes: number): OpenFiles {
  return { read: deepestFirst(first?.read ?? []), write: deepestFirst(first?.write ?? []), maxBytes };
}

function deepestFirst(paths: readonly string[]): GrantedDirectory[] {
  return [...paths].sort((a, b) => b.length - a.length).map((path) => ({ path, real: realPath(path) }));
}

/** A path that does not exist yet, or cannot be read, keeps its name: it is opened without following links. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** The first of the directories that a normalized path is in. */
export function directoryOf(directories: readonly string[], path: string): string | undefined {
  return directories.find(
    (directory) => path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep),
  );
}

/** The deepest granted directory that an absolute path is in. */
export function directoryAbove(granted: readonly GrantedDirectory[], path: string): GrantedDirectory | undefined {
  return granted.find((directory) => directoryOf([directory.path], path) !== undefined);
}
