/** Describes the paths of a file set: kind, size, permissions. */
import * as fs from 'node:fs';
import { fileError, withReasons } from '../host-files/file-error.js';
import { locate, readLink } from '../host-files/without-links.js';
import { type FileSet, type Place, placeOf } from './file-set.js';

/** Numbers of `enum host_kind` in packages/guest/linux/host.h. */
export const KIND = { file: 0, directory: 1, link: 2 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export interface Entry {
  readonly kind: Kind;
  readonly size: number;
  /** 0 to 07777. */
  readonly permissions: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Present if it is a link. */
  readonly target?: string;
}

const PARENT: Entry = { kind: KIND.directory, size: 0, permissions: 0o555, modified: 0 };

/**
 * Returns what a path is, without following links.
 * @throws FileError ENOTDIR if a directory of the path is a link; EACCES for devices, sockets and pipes
 */
export function entryAt(set: FileSet, path: string): Entry {
  return withReasons(path, () => entryOf(placeOf(set, path), path));
}

function entryOf(place: Place, path: string): Entry {
  switch (place.is) {
    case 'host':
      return entryOnHost(place.steps, path);
    case 'content':
      return { kind: KIND.file, size: place.content.length, permissions: 0o444, modified: 0 };
    case 'link':
      return linkTo(place.target, 0);
    case 'parent':
      return PARENT;
    case 'below':
      throw fileError('ENOTDIR', path);
    case 'nowhere':
      throw fileError('ENOENT', path);
  }
}

const linkTo = (target: string, modified: number): Entry => ({
  kind: KIND.link,
  size: Buffer.byteLength(target),
  permissions: 0o777,
  modified,
  target,
});

function entryOnHost(steps: readonly string[], path: string): Entry {
  const stat = locate(steps, (located) => fs.fstatSync(located));
  const modified = Math.floor(stat.mtimeMs);
  if (stat.isSymbolicLink()) return linkTo(readLink(steps), modified);
  const kind = kindOf(stat);
  if (kind === undefined) throw fileError('EACCES', path);
  return { kind, size: stat.size, permissions: stat.mode & 0o7777, modified };
}

/** Returns `undefined` for devices, sockets and pipes. */
export function kindOf(stat: Pick<fs.Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): Kind | undefined {
  if (stat.isFile()) return KIND.file;
  if (stat.isDirectory()) return KIND.directory;
  return stat.isSymbolicLink() ? KIND.link : undefined;
}
