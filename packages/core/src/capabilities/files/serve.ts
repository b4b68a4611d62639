/**
 * Files below granted directories. No link is followed, and only regular files are opened. It is synchronous, so that
 * `callSync` can use it.
 */
import * as fs from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { FileError, fileError, withReasons } from '../../host-files/file-error.js';
import { checkSystem, readEntries, readRange } from '../../host-files/read.js';
import { locate, openOrMake, reopen } from '../../host-files/without-links.js';
import type { ServedCall } from '../section.js';
import { directoryAbove, type GrantedDirectory, type OpenFiles } from './granted.js';

const { O_RDONLY } = fs.constants;

/** Returns the steps from the root to a path, below the real location of the directory that grants it. */
function stepsTo(granted: readonly GrantedDirectory[], path: unknown): string[] {
  if (typeof path !== 'string') throw new TypeError('fs: a path is needed');
  checkSystem();
  const wanted = resolve('/', path);
  const directory = directoryAbove(granted, wanted);
  if (directory === undefined) throw new FileError('ERR_POLICY_DENIED', 'no granted directory');
  return join(directory.real, relative(directory.path, wanted))
    .split(sep)
    .filter((step) => step !== '');
}

function located(fd: number, path: unknown): fs.Stats {
  const stat = fs.fstatSync(fd);
  if (stat.isSymbolicLink()) throw fileError('ELOOP', path);
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
      return reopen(place, O_RDONLY, (fd) => readRange(fd, 0, size));
    }),
  );
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
      if (!fs.fstatSync(place).isDirectory()) throw fileError('ENOTDIR', path);
      return readEntries(place, path).map((entry) => ({ name: entry.name, type: kindOf(entry) }));
    }),
  );
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
