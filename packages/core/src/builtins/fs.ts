/**
 * Files below granted directories. From the granted directory each step is one `open` with O_NOFOLLOW relative
 * to the descriptor of the step before (through /proc/self/fd), so neither `..` nor a link, nor one swapped in
 * while we look, leads out. Links and special files are refused. Sync, so that it works in `callSync`.
 */
import * as fs from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { CallScope } from '../hypercalls/scope.js';
import { directoryOf } from '../policy/builtin-rules.js';

const { O_RDONLY, O_WRONLY, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
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

/** Opens `path` and gives the descriptor to `use`; every descriptor is closed again. */
function withFile<T>(scope: CallScope, key: 'read' | 'write', path: unknown, flags: number, use: (fd: number) => T): T {
  if (typeof path !== 'string') throw new TypeError('fs: a path is needed');
  const wanted = resolve('/', path);
  const directory = grantedDirectory(scope, key, wanted);
  const steps = relative(directory, wanted)
    .split(sep)
    .filter((step) => step !== '');
  let fd = open(fs.realpathSync(directory), steps.length === 0 ? flags : O_RDONLY | O_DIRECTORY, path);
  try {
    for (const [index, step] of steps.entries()) {
      const last = index === steps.length - 1;
      const next = open(`/proc/self/fd/${fd}/${step}`, last ? flags : O_RDONLY | O_DIRECTORY, path);
      fs.closeSync(fd);
      fd = next;
    }
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The deepest granted directory above the path. */
function grantedDirectory(scope: CallScope, key: 'read' | 'write', wanted: string): string {
  for (const layer of scope.owner.policy.layers) {
    if (layer.fs === undefined) continue;
    const deepestFirst = [...layer.fs[key]].sort((a, b) => b.length - a.length);
    const found = directoryOf(deepestFirst, wanted);
    if (found !== undefined) return found;
  }
  throw new FileError('ERR_POLICY_DENIED', 'no granted directory');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ELOOP: 'links are not followed',
  ENOTDIR: 'a part of the path is no directory, or a link',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function open(path: string, flags: number, shown: string): number {
  try {
    return fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o644);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
    // The message says the guest's path, not where that is on the host.
    throw new FileError(code, `${code}: ${REASONS[code] ?? 'it cannot be opened'}: ${shown}`);
  }
}

function regular(fd: number, path: unknown): fs.Stats {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile()) throw new FileError('EINVAL', `EINVAL: it is no regular file: ${path}`);
  return stat;
}

function tooLarge(path: unknown, limit: number): FileError {
  return new FileError('EFBIG', `EFBIG: more than ${limit} bytes (policy fs.maxBytes): ${path}`);
}

export function readFile(scope: CallScope, [path]: readonly unknown[]): Uint8Array {
  const limit = Math.min(scope.owner.policy.fileBytes, scope.limits.bytesIn);
  return withFile(scope, 'read', path, O_RDONLY, (fd) => {
    const { size } = regular(fd, path);
    if (size > limit) throw tooLarge(path, limit);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const count = fs.readSync(fd, bytes, at, size - at, null);
      if (count === 0) break;
      at += count;
    }
    return at === size ? bytes : bytes.slice(0, at);
  });
}

export function writeFile(scope: CallScope, [path, content]: readonly unknown[]): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('fs.write: a string or a Uint8Array is needed');
  const limit = scope.owner.policy.fileBytes;
  if (bytes.length > limit) throw tooLarge(path, limit);
  withFile(scope, 'write', path, O_WRONLY | O_CREAT, (fd) => {
    regular(fd, path);
    fs.ftruncateSync(fd, 0);
    let at = 0;
    while (at < bytes.length) at += fs.writeSync(fd, bytes, at);
  });
}

const kindOf = (stat: { isFile(): boolean; isDirectory(): boolean }) =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';

export function listDirectory(scope: CallScope, [path]: readonly unknown[]): { name: string; type: string }[] {
  return withFile(scope, 'read', path, O_RDONLY | O_DIRECTORY, (fd) => {
    const entries = fs.readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true });
    if (entries.length > MAX_ENTRIES) throw new FileError('EFBIG', `EFBIG: more than ${MAX_ENTRIES} entries: ${path}`);
    return entries.map((entry) => ({ name: entry.name, type: kindOf(entry) }));
  });
}

export function statFile(
  scope: CallScope,
  [path]: readonly unknown[],
): { type: string; size: number; modified: number } {
  return withFile(scope, 'read', path, O_RDONLY, (fd) => {
    const stat = fs.fstatSync(fd);
    return { type: kindOf(stat), size: stat.size, modified: stat.mtimeMs };
  });
}
