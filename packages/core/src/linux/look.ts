/** Finds a path of a file set, following its links. */
import { FileError, fileError } from '../host-files/file-error.js';
import { type Entry, entryAt, KIND } from './entry.js';
import { childPath, type FileSet, stepsOf } from './file-set.js';

const MOST_LINKS = 40;
/** Bounds the time that hostile links take. Longer paths exist nowhere. */
const MOST_STEPS = 1000;

export interface Found {
  /** The path without links. */
  readonly path: string;
  readonly entry: Entry;
}

/**
 * Finds a file. `follow` decides about a link at the end of the path; others are always followed.
 * @throws FileError
 */
export function look(set: FileSet, path: string, follow: boolean): Found {
  const entry = withoutLinks(set, path);
  if (entry !== undefined && !(follow && entry.kind === KIND.link)) return { path, entry };
  return walk(set, path, follow);
}

/** Looks the path up in one go, as most have no links. Returns `undefined` if one may be on the way. */
function withoutLinks(set: FileSet, path: string): Entry | undefined {
  try {
    return entryAt(set, path);
  } catch (error) {
    if ((error as FileError).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Goes step by step. `..` of a link's target is that of the guest's namespace, whose root has none. */
function walk(set: FileSet, path: string, follow: boolean): Found {
  const rest = stepsOf(path).reverse();
  let at = '/';
  let entry = entryAt(set, at);
  let links = 0;
  for (let steps = 0; rest.length > 0; steps++) {
    if (entry.kind !== KIND.directory) throw fileError('ENOTDIR', path);
    if (steps === MOST_STEPS) throw fileError('ENAMETOOLONG', path);
    const next = childPath(at, rest.pop()!);
    const child = entryAt(set, next);
    if (child.target === undefined || !(follow || rest.length > 0)) {
      at = next;
      entry = child;
      continue;
    }
    if (++links > MOST_LINKS) throw new FileError('ELOOP', `ELOOP: more than ${MOST_LINKS} links: ${path}`);
    rest.push(...stepsOf(child.target).reverse());
    if (child.target.startsWith('/')) {
      at = '/';
      entry = entryAt(set, at);
    }
  }
  return { path: at, entry };
}
