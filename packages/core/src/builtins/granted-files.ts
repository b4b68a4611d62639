/**
 * The directories that a policy grants, as they stand when a context is created: links in a grant's own path are
 * resolved then, once. Whoever swaps a link into that path later does not move the grant.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { directoryOf } from '../policy/builtin-rules.js';
import type { CompiledPolicy } from '../policy/compile.js';

export interface GrantedDirectory {
  /** As the policy names it, absolute. */
  readonly path: string;
  /** Where it is, without links in what was there. */
  readonly real: string;
}

/** The deepest directory comes first. */
export interface GrantedFiles {
  readonly read: readonly GrantedDirectory[];
  readonly write: readonly GrantedDirectory[];
}

/** Only the first layer that narrows files counts: later layers must list the path, too, and no links are followed below. */
export function grantedFiles({ layers }: CompiledPolicy): GrantedFiles {
  const files = layers.find(({ fs }) => fs !== undefined)?.fs;
  return { read: deepestFirst(files?.read ?? []), write: deepestFirst(files?.write ?? []) };
}

function deepestFirst(paths: readonly string[]): GrantedDirectory[] {
  return [...paths].sort((a, b) => b.length - a.length).map((path) => ({ path, real: realPath(path) }));
}

/** What is not there yet, or cannot be looked at, keeps its name: it is opened without following links. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** The deepest granted directory that an absolute path is in. */
export function directoryAbove(granted: readonly GrantedDirectory[], path: string): GrantedDirectory | undefined {
  return granted.find((directory) => directoryOf([directory.path], path) !== undefined);
}
