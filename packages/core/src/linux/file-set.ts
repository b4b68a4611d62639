/**
 * The read-only files of a Linux program, as the host sees them. Links are resolved in the guest's namespace, as in a
 * chroot, except in the paths of the host that the program names: these are resolved once, here.
 */
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { LinuxFile } from '../backend.js';
import { above } from '../programs/linux/paths.js';

/** The source of a path of the guest. */
export type Place =
  | { readonly is: 'host'; readonly steps: readonly string[] }
  | { readonly is: 'content'; readonly content: Uint8Array }
  | { readonly is: 'link'; readonly target: string }
  /** A directory that exists only because files of the set are below it. */
  | { readonly is: 'parent' }
  /** Below a file or a link of the set. */
  | { readonly is: 'below' }
  | { readonly is: 'nowhere' };

export interface FileSet {
  readonly roots: ReadonlyMap<string, Place>;
  /** The names below each directory that leads to a root. */
  readonly parents: ReadonlyMap<string, ReadonlySet<string>>;
}

export function openFileSet(files: readonly LinuxFile[]): FileSet {
  const parents = new Map<string, Set<string>>();
  for (const { path } of files) {
    const chain = [path, ...above(path)];
    for (const [index, directory] of chain.slice(1).entries()) {
      const names = parents.get(directory) ?? new Set();
      parents.set(directory, names.add(chain[index]!.slice(directory === '/' ? 1 : directory.length + 1)));
    }
  }
  return { roots: new Map(files.map((file) => [file.path, rootOf(file)])), parents };
}

function rootOf(file: LinuxFile): Place {
  if ('content' in file) return { is: 'content', content: file.content };
  if ('link' in file) return { is: 'link', target: file.link };
  return { is: 'host', steps: stepsOf(realPath(file.host)) };
}

/** A path that cannot be resolved keeps its name, because it is opened without following links. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export const stepsOf = (path: string): string[] => path.split(sep).filter((step) => step !== '' && step !== '.');

/** Returns where a path is. It does not follow links: those above the path must be resolved. */
export function placeOf(set: FileSet, path: string): Place {
  const root = set.roots.get(path);
  if (root !== undefined) return root;
  return set.parents.has(path) ? { is: 'parent' } : placeBelow(set, path);
}

/** Returns where a path is by the deepest root above it. */
export function placeBelow(set: FileSet, path: string): Place {
  const directory = above(path).find((candidate) => set.roots.has(candidate));
  if (directory === undefined) return { is: 'nowhere' };
  const root = set.roots.get(directory)!;
  if (root.is !== 'host') return { is: 'below' };
  return { is: 'host', steps: [...root.steps, ...stepsOf(path.slice(directory.length))] };
}

export const childPath = (directory: string, name: string): string => join(directory, name);
