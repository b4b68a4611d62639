/**
 * Copies of files that only root can reach, in a place that the jailed user can: root's Node may lie in a home folder
 * of mode 0700. Each process has a folder of its own and removes it when it ends.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ColonyError } from '@colony/core';

const FOLDER = /^colony-jail-(\d+)-/;

/** Copies by what they are copies of: the path, and the state that the file was in. */
const copies = new Map<string, string>();
let folder: string | undefined;

/** May every user get to this file and read it? */
export function isPublic(path: string): boolean {
  const file = realpathSync(path);
  if ((statSync(file).mode & constants.S_IROTH) === 0) return false;
  for (let parent = dirname(file); ; parent = dirname(parent)) {
    if ((statSync(parent).mode & constants.S_IXOTH) === 0) return false;
    if (parent === dirname(parent)) return true;
  }
}

/** Removes the folders of processes that were killed before they could. Leaves alone what another user put there. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = FOLDER.exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    const path = join(tmpdir(), name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && found.uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  }
}

function ownFolder(): string {
  if (folder !== undefined) return folder;
  removeAbandoned();
  const made = mkdtempSync(join(tmpdir(), `colony-jail-${process.pid}-`));
  chmodSync(made, 0o711);
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

/**
 * Copies a file once for each state that it is met in.
 * @throws ColonyError ERR_BACKEND_UNAVAILABLE where no copy can be made that others can read
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
