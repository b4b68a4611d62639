/** Reads files and directories that were located without following links. */
import * as fs from 'node:fs';
import { FileError } from './file-error.js';
import { openList, opensWithoutLinks } from './without-links.js';

const MAX_ENTRIES = 10_000;

/**
 * Refuses files on a system that cannot keep links out.
 * @throws FileError ENOSYS
 */
export function checkSystem(): void {
  if (opensWithoutLinks()) return;
  const message = 'ENOSYS: files need a system that opens paths without following links: Linux with /proc';
  throw new FileError('ENOSYS', message);
}

/** Reads `length` bytes of an open file, or fewer if it ends before. */
export function readRange(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = fs.readSync(fd, bytes, at, length - at, offset + at);
    if (count === 0) break;
    at += count;
  }
  return at === length ? bytes : bytes.slice(0, at);
}

/** Returns the entries by name. Stops at the bound, because others may put any number of entries into the directory. */
export function readEntries(located: number, path: unknown): fs.Dirent[] {
  const directory = openList(located);
  const entries: fs.Dirent[] = [];
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (entries.length === MAX_ENTRIES) throw tooMany(path);
      entries.push(entry);
    }
  } finally {
    directory.closeSync();
  }
  return entries.sort(byName);
}

export const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

/** @throws FileError EFBIG */
export function checkEntries<T>(entries: readonly T[], path: unknown): readonly T[] {
  if (entries.length > MAX_ENTRIES) throw tooMany(path);
  return entries;
}

function tooMany(path: unknown): FileError {
  return new FileError('EFBIG', `EFBIG: more than ${MAX_ENTRIES} entries: ${path}`);
}
