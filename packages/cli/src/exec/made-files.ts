/** Writes the files that a guest made. Their paths come from the guest, which may be hostile. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { printable } from '@colony/core';
import { formatBytes } from '../values/size.js';

const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Longest name of a file on Linux, in bytes. */
const LONGEST = 255;

type Files = Readonly<Record<string, Uint8Array>>;

/** One line for each file, for people. */
export function listFiles(files: Files): string[] {
  return Object.entries(files).map(([path, { length }]) => `made ${printable(path)} (${formatBytes(length)})`);
}

/**
 * Writes each file below a folder, by its path in the guest. No link in the folder is followed, so nothing is written
 * elsewhere. Returns one line for each file that was refused.
 */
export function writeFiles(folder: string, files: Files): string[] {
  fs.mkdirSync(folder, { recursive: true });
  const root = fs.realpathSync(folder);
  return Object.entries(files).flatMap(([path, content]) => {
    const problem = write(root, path, content);
    return problem === undefined ? [] : [`not written: ${printable(path)}: ${problem}`];
  });
}

function write(root: string, path: string, content: Uint8Array): string | undefined {
  const steps = stepsOf(path);
  if (steps === undefined) return 'its path is not an ordinary one';
  try {
    const parent = steps.slice(0, -1).reduce(intoFolder, root);
    const file = fs.openSync(join(parent, steps.at(-1)!), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    try {
      if (!fs.fstatSync(file).isFile()) return 'a device or pipe is in its place';
      fs.ftruncateSync(file);
      fs.writeFileSync(file, content);
    } finally {
      fs.closeSync(file);
    }
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ELOOP' ? 'a link is in its place' : message;
  }
}

/** Returns the names of an absolute path, or `undefined` if it could lead elsewhere or confuse a terminal. */
function stepsOf(path: string): readonly string[] | undefined {
  const [first, ...steps] = path.split('/');
  const isName = (step: string) =>
    step !== '' && step !== '.' && step !== '..' && Buffer.byteLength(step) <= LONGEST && printable(step) === step;
  return first === '' && steps.length > 0 && steps.every(isName) ? steps : undefined;
}

/** Makes a folder unless it exists. @throws Error if a link or a file is in its place */
function intoFolder(parent: string, name: string): string {
  const folder = join(parent, name);
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) fs.mkdirSync(folder);
  else if (!stat.isDirectory()) throw new Error('a link or a file is in the place of its folder');
  return folder;
}
