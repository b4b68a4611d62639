/** Paths in the namespace of a Linux program. */
import { posix } from 'node:path';

/** Longest path on Linux, in bytes, with its end. */
const LONGEST = 4096;

/** Returns whether a path is absolute and normalized, as paths of a program's files are. */
export function isGuestPath(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\0') || Buffer.byteLength(path) >= LONGEST) return false;
  return path === '/' || (posix.normalize(path) === path && !path.endsWith('/'));
}

/** Returns whether a path is a directory's or below it. */
export const isWithin = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

/** Returns the directories above a path, deepest first. */
export function above(path: string): string[] {
  return path === '/' ? [] : [posix.dirname(path), ...above(posix.dirname(path))];
}
