/**
 * Temporary folders that are removed with the thread that made them. Their names identify the owner. So the next process
 * that makes a folder removes those of a process that was killed:
 *
 *     colony-c-4026531836.1234.567890-aB3dE6
 *     what     namespace  pid  start  random
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { remains } from './remains.js';

/** The start time of a process, in the kernel's ticks: a later process with the same pid has another time. */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may contain any text.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** The namespace of pids: processes in other namespaces may have the same pid and share a folder of temporary files. */
function namespaceOfPids(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}

const namespace = namespaceOfPids();
const start = startOf('self');
/** Identifies this process in names; a unique part follows it. Empty without /proc: then nothing is removed later. */
export const owner = namespace === undefined || start === undefined ? '' : `${namespace}.${process.pid}.${start}-`;

const OWNED = /[.-](\d+)\.(\d+)\.(\d+)-[\w-]+$/;

/** True if the owner in the name is a process that no longer exists. */
export function isAbandoned(name: string): boolean {
  const [, madeIn, pid, started] = OWNED.exec(name) ?? [];
  return madeIn !== undefined && madeIn === namespace && startOf(Number(pid)) !== started;
}

const swept = new Set<string>();

/** Removes folders that killed processes left here. Keeps those of other users, and links. */
function sweep(folder: string, prefix: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !isAbandoned(name)) continue;
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isSymbolicLink() || stats.uid !== process.getuid?.()) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process may be removing it, too.
    }
  }
}

/** Returns no names for a folder that may not be read, such as one of temporary files. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const numbers = new Map<string, number>();

function removeAtEnd(path: string): string {
  numbers.set(path, remains().addTree(path));
  return path;
}

/**
 * Makes a new folder among the temporary files, for this user alone.
 * @param what lower-case letters, for its name
 */
export function temporaryFolder(what: string): string {
  sweep(tmpdir(), 'colony-');
  return removeAtEnd(mkdtempSync(join(tmpdir(), `colony-${what}-${owner}`)));
}

/** Returns a path beside another one, for a file that is renamed to it when it is complete. */
export function pathBeside(path: string): string {
  sweep(dirname(path), '');
  return `${path}.${owner}${randomUUID()}`;
}

/** Makes a new folder beside `path`, whose parent need not exist. */
export function folderBeside(path: string): string {
  const beside = pathBeside(path);
  mkdirSync(beside, { recursive: true });
  return removeAtEnd(beside);
}

/** Removes such a folder before the thread ends. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  forgetFolder(path);
}

/** Forgets a folder that was renamed, so that it stays. */
export function forgetFolder(path: string): void {
  const number = numbers.get(path);
  numbers.delete(path);
  if (number !== undefined) remains().remove(number);
}
