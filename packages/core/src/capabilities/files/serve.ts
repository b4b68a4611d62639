/**
 * Files below granted directories. No link is followed, and only regular files are opened. It is synchronous, so that
 * `callSync` can use it.
 */
import * as fs from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { ServedCall } from '../section.js';
import { directoryAbove, type GrantedDirectory, type OpenFiles } from './granted.js';
import { locate, openList, openOrMake, opensWithoutLinks, reopen } from './without-links.js';

const { O_RDONLY } = fs.constants;
const MAX_ENTRIES = 10_000;

class FileError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'Error';
  }
}

/** Returns the steps from the root to a path, below the real location of the directory that grants it. */
function stepsTo(granted: readonly GrantedDirectory[], path: unknown): string[] {
  if (typeof path !== 'string') throw new TypeError('fs: a path is needed');
  if (!opensWithoutLinks()) {
    throw new FileError(
      'ENOSYS',
      'ENOSYS: files need a system that opens paths without following links: Linux with /proc',
    );
  }
  const wanted = resolve('/', path);
  const directory = directoryAbove(granted, wanted);
  if (directory === undefined) throw new FileError('ERR_POLICY_DENIED', 'no granted directory');
  return join(directory.real, relative(directory.path, wanted))
    .split(sep)
    .filter((step) => step !== '');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ELOOP: 'links are not followed',
  ENOTDIR: 'a part of the path is not a directory, or is a link',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

/** Rewrites system errors: the message contains the guest's path, not its location on the host. */
function withReasons<T>(path: unknown, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new FileError(code ?? 'EIO', `${code}: ${REASONS[code ?? ''] ?? 'it cannot be opened'}: ${path}`);
  }
}

function located(fd: number, path: unknown): fs.Stats {
  const stat = fs.fstatSync(fd);
  if (stat.isSymbolicLink()) throw new FileError('ELOOP', `ELOOP: ${REASONS.ELOOP}: ${path}`);
  return stat;
}

function regular(fd: number, path: unknown): fs.Stats {
  const stat = located(fd, path);
  if (!stat.isFile()) throw new FileError('EINVAL', `EINVAL: it is not a regular file: ${path}`);
  return stat;
}

function tooLarge(path: unknown, limit: number): FileError {
  return new FileError('EFBIG', `EFBIG: more than ${limit} bytes (policy fs.maxBytes): ${path}`);
}

export function readFile(call: ServedCall, files: OpenFiles, [path]: readonly unknown[]): Uint8Array {
  const limit = Math.min(files.maxBytes, call.limits.bytesIn);
  const steps = stepsTo(files.read, path);
  return withReasons(path, () =>
    locate(steps, (place) => {
      const { size } = regular(place, path);
      if (size > limit) throw tooLarge(path, limit);
      return reopen(place, O_RDONLY, (fd) => readAll(fd, size));
    }),
  );
}

function readAll(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const count = fs.readSync(fd, bytes, at, size - at, null);
    if (count === 0) break;
    at += count;
  }
  return at === size ? bytes : bytes.slice(0, at);
}

export function writeFile(_call: ServedCall, files: OpenFiles, [path, content]: readonly unknown[]): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('fs.write: a string or a Uint8Array is needed');
  const limit = files.maxBytes;
  if (bytes.length > limit) throw tooLarge(path, limit);
  const steps = stepsTo(files.write, path);
  withReasons(path, () =>
    openOrMake(
      steps,
      (place) => regular(place, path),
      (fd) => {
        fs.ftruncateSync(fd, 0);
        let at = 0;
        while (at < bytes.length) at += fs.writeSync(fd, bytes, at);
      },
    ),
  );
}

const kindOf = (stat: { isFile(): boolean; isDirectory(): boolean }) =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';

export function listDirectory(
  _call: ServedCall,
  files: OpenFiles,
  [path]: readonly unknown[],
): { name: string; type: string }[] {
  const steps = stepsTo(files.read, path);
  return withReasons(path, () =>
    locate(steps, (place) => {
      if (!fs.fstatSync(place).isDirectory()) throw new FileError('ENOTDIR', `ENOTDIR: ${REASONS.ENOTDIR}: ${path}`);
      const directory = openList(place);
      try {
        return readEntries(directory, path);
      } finally {
        directory.closeSync();
      }
    }),
  );
}

/** Returns the entries by name. Stops at the bound, because others may put any number of entries into the directory. */
function readEntries(directory: fs.Dir, path: unknown): { name: string; type: string }[] {
  const entries: { name: string; type: string }[] = [];
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    if (entries.length === MAX_ENTRIES)
      throw new FileError('EFBIG', `EFBIG: more than ${MAX_ENTRIES} entries: ${path}`);
    entries.push({ name: entry.name, type: kindOf(entry) });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function statFile(
  _call: ServedCall,
  files: OpenFiles,
  [path]: readonly unknown[],
): { type: string; size: number; modified: number } {
  const steps = stepsTo(files.read, path);
  return withReasons(path, () =>
    locate(steps, (place) => {
      const stat = located(place, path);
      return { type: kindOf(stat), size: stat.size, modified: stat.mtimeMs };
    }),
  );
}
