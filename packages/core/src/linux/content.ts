/** Reads the files and directories of a file set. No link is followed: a path is one that `look` returned. */
import * as fs from 'node:fs';
import { FileError, fileError, withReasons } from '../host-files/file-error.js';
import { byName, checkEntries, readEntries, readRange } from '../host-files/read.js';
import { locate, reopen } from '../host-files/without-links.js';
import { entryAt, KIND, type Kind, kindOf } from './entry.js';
import { childPath, type FileSet, placeBelow, placeOf } from './file-set.js';

/** Reads `length` bytes, or fewer if the file ends before. */
export function readFrom(set: FileSet, path: string, offset: number, length: number): Uint8Array {
  const place = placeOf(set, path);
  if (place.is === 'content') return place.content.subarray(offset, offset + length);
  if (place.is === 'host') return withReasons(path, () => readOnHost(place.steps, path, offset, length));
  // Throws if there is nothing.
  throw entryAt(set, path).kind === KIND.link ? fileError('ELOOP', path) : fileError('EISDIR', path);
}

function readOnHost(steps: readonly string[], path: string, offset: number, length: number): Uint8Array {
  return locate(steps, (located) => {
    const stat = fs.fstatSync(located);
    if (stat.isSymbolicLink()) throw fileError('ELOOP', path);
    if (stat.isDirectory()) throw fileError('EISDIR', path);
    if (!stat.isFile()) throw fileError('EACCES', path);
    const most = Math.max(0, Math.min(length, stat.size - offset));
    return reopen(located, fs.constants.O_RDONLY, (fd) => readRange(fd, offset, most));
  });
}

interface Named {
  readonly name: string;
  readonly kind: Kind;
}

/** Returns the entries of a directory by name, without special files. */
export function list(set: FileSet, path: string): readonly Named[] {
  if (entryAt(set, path).kind !== KIND.directory) throw fileError('ENOTDIR', path);
  const entries = new Map(hostEntries(set, path).map(({ name, kind }) => [name, kind] as const));
  for (const name of set.parents.get(path) ?? []) {
    const kind = orMissing(() => entryAt(set, childPath(path, name)).kind);
    if (kind !== undefined) entries.set(name, kind);
  }
  const named = [...entries].map(([name, kind]) => ({ name, kind }));
  return checkEntries(named, path).toSorted(byName);
}

/** Returns the host's entries of a directory. A directory that leads to files of the set need not exist on the host. */
function hostEntries(set: FileSet, path: string): readonly Named[] {
  const place = placeOf(set, path);
  if (place.is === 'host') return entriesOnHost(place.steps, path);
  const below = placeBelow(set, path);
  return below.is === 'host' ? (orMissing(() => entriesOnHost(below.steps, path)) ?? []) : [];
}

function entriesOnHost(steps: readonly string[], path: string): readonly Named[] {
  const entries = withReasons(path, () =>
    locate(steps, (located) => {
      if (!fs.fstatSync(located).isDirectory()) throw fileError('ENOTDIR', path);
      return readEntries(located, path);
    }),
  );
  return entries.flatMap((entry) => {
    const kind = kindOf(entry);
    return kind === undefined ? [] : [{ name: entry.name, kind }];
  });
}

/** Returns `undefined` if the host does not have the path. */
function orMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FileError && ['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
    throw error;
  }
}
