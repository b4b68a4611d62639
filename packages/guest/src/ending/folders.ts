/**
 * Temporary folders that are gone with the thread that made them. Their names tell the owner, so that those of a process
 * that was killed are removed by the next one that makes any:
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

/** When a process started, in the kernel's ticks: another one of the same number has another time. */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Of process numbers: who is in another one may have the same, and a folder of temporary files may be shared. */
function namespaceOfPids(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}

const namespace = namespaceOfPids();
const start = startOf('self');
/** This process, for a name that goes on with what tells its things apart. Empty where there is no /proc: then nothing is removed later. */
export const owner = namespace === undefined || start === undefined ? '' : `${namespace}.${process.pid}.${start}-`;

const OWNED = /[.-](\d+)\.(\d+)\.(\d+)-[\w-]+$/;

/** Was it made by a process that is not there any more? By the owner in its name. */
export function isAbandoned(name: string): boolean {
  const [, madeIn, pid, started] = OWNED.exec(name) ?? [];
  return madeIn !== undefined && madeIn === namespace && startOf(Number(pid)) !== started;
}

const swept = new Set<string>();

/** Removes what processes that were killed left here. Leaves alone what another user put there, and links. */
function sweep(folder: string, prefix: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !isAbandoned(name)) continue;
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink() || found.uid !== process.getuid?.()) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process may be at it, too.
    }
  }
}

/** None of a folder that may not be read, such as one of temporary files. */
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

/** A new folder among the temporary files, for this user alone. `what`: lower-case letters, for its name. */
export function temporaryFolder(what: string): string {
  sweep(tmpdir(), 'colony-');
  return removeAtEnd(mkdtempSync(join(tmpdir(), `colony-${what}-${owner}`)));
}

/** A path beside another one, for what is renamed to that when it is whole. */
export function pathBeside(path: string): string {
  sweep(dirname(path), '');
  return `${path}.${owner}${randomUUID()}`;
}

/** A new folder beside `path`, whose parent need not be there. */
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

/** It was renamed: it is to stay. */
export function forgetFolder(path: string): void {
  const number = numbers.get(path);
  numbers.delete(path);
  if (number !== undefined) remains().remove(number);
}
