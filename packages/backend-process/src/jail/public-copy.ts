/**
 * Copies files that only root can reach to a place that the jailed user can reach: root's Node may be in a home folder of
 * mode 0700. Each thread has a folder of its own.
 */
import { chmodSync, constants, copyFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ColonyError } from '@colony/core';
import { temporaryFolder } from '@colony/guest';

/** Copies by the path of their original and the state that it was in. */
const copies = new Map<string, string>();
let folder: string | undefined;

/** Returns whether every user can reach and read this file. */
export function isPublic(path: string): boolean {
  const file = realpathSync(path);
  if ((statSync(file).mode & constants.S_IROTH) === 0) return false;
  for (let parent = dirname(file); ; parent = dirname(parent)) {
    if ((statSync(parent).mode & constants.S_IXOTH) === 0) return false;
    if (parent === dirname(parent)) return true;
  }
}

function ownFolder(): string {
  if (folder === undefined) {
    folder = temporaryFolder('jail');
    chmodSync(folder, 0o711);
  }
  return folder;
}

/**
 * Copies a file once for each state of it.
 * @throws ColonyError ERR_BACKEND_UNAVAILABLE if no copy can be made that others can read
 */
export function publicCopy(path: string): string {
  const { ino, dev, size, mtimeMs } = statSync(path);
  const key = JSON.stringify([path, ino, dev, size, mtimeMs]);
  const known = copies.get(key);
  if (known !== undefined) return known;
  try {
    const copy = join(ownFolder(), String(copies.size));
    copyFileSync(path, copy);
    chmodSync(copy, 0o555);
    if (!isPublic(copy)) throw new Error(`other users cannot read ${dirname(copy)}`);
    copies.set(key, copy);
    return copy;
  } catch (cause) {
    throw new ColonyError(
      'ERR_BACKEND_UNAVAILABLE',
      `no child process can be jailed: only root can read ${path}, and it cannot be copied for the jailed user ` +
        `(${(cause as Error).message}); set TMPDIR to a folder that all users can enter`,
      { cause },
    );
  }
}
