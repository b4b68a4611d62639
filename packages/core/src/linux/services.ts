/**
 * Hypercalls of Linux programs that are not capabilities. The file set is a part of the program, as modules are, so no
 * policy grants it. `facts` reports what the policy grants.
 */
import { FileError } from '../host-files/file-error.js';
import { checkSystem } from '../host-files/read.js';
import type { Service, Services } from '../hypercalls/services.js';
import { isGuestPath } from '../programs/linux/paths.js';
import { FRAME_LIMITS } from '../wire/codec/index.js';
import { openHypercall } from '../wire/frames.js';
import { list, readFrom } from './content.js';
import { facts } from './facts.js';
import type { FileSet } from './file-set.js';
import { look } from './look.js';
import type { UnsupportedCalls } from './unsupported.js';

/** Most bytes of one read. */
const MOST_BYTES = 2 ** 20;

/** The hypercalls whose replies are the same for all contexts of a program. */
const OF_THE_PROGRAM = ['colony:linux.look', 'colony:linux.read', 'colony:linux.list'] as const;

/** Returns whether a hypercall's request is for one of them. An unreadable request is not. */
export function isOfTheProgram(request: Uint8Array): boolean {
  try {
    const { name } = openHypercall(request, FRAME_LIMITS);
    return (OF_THE_PROGRAM as readonly string[]).includes(name);
  } catch {
    return false;
  }
}

export function linuxServices(set: FileSet, unsupported: UnsupportedCalls): Services {
  const [lookName, readName, listName] = OF_THE_PROGRAM;
  return new Map<string, Service>([
    [lookName, (_, [path, follow]) => lookUp(set, readPath(path), follow === true)],
    [readName, (_, [path, offset, length]) => readFrom(set, readPath(path), count(offset), count(length, MOST_BYTES))],
    [listName, (_, [path]) => list(set, readPath(path)).map(({ name, kind }) => [name, kind])],
    ['colony:linux.facts', facts],
    ['colony:linux.unsupported', (_, [report]) => unsupported.add(report)],
  ]);
}

function lookUp(set: FileSet, path: string, follow: boolean): unknown[] {
  const { path: found, entry } = look(set, path, follow);
  return [entry.kind, entry.size, entry.permissions, entry.modified, entry.target ?? found];
}

function readPath(path: unknown): string {
  if (typeof path !== 'string' || !isGuestPath(path)) throw invalid('a path is absolute and normalized');
  checkSystem();
  return path;
}

function count(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > most)
    throw invalid(`a number from 0 to ${most} is needed`);
  return value as number;
}

const invalid = (why: string) => new FileError('EINVAL', `EINVAL: ${why}`);
