/** The load frame of a Linux program. */
import type { LinuxFile, LinuxProgram } from '../backend.js';
import { ColonyError } from '../errors.js';
import { FileError } from '../host-files/file-error.js';
import { readExecutable } from '../programs/linux/executable.js';
import { topmost } from '../programs/linux/linux.js';
import { encodeLinuxLoad } from '../wire/frames.js';
import { entryAt, KIND } from './entry.js';
import type { FileSet } from './file-set.js';

/** Returns the program's files, without its executable if that has another content now: it is not the program's then. */
export function currentFiles(program: LinuxProgram): readonly LinuxFile[] {
  if (isCurrent(program)) return program.files;
  return program.files.filter((file) => !('host' in file && file.host === program.filename));
}

function isCurrent({ filename, executable }: LinuxProgram): boolean {
  try {
    return readExecutable(filename).digest === executable;
  } catch {
    return false;
  }
}

/**
 * Encodes the load frame. `serves`: the program serves calls itself, and does not end. An executable that has changed
 * since the program was made is refused, because contexts share a start state by the program's hash.
 * @throws ColonyError ERR_COMPILE
 */
export function linuxLoadFrame(program: LinuxProgram, set: FileSet, serves = false): Uint8Array[] {
  const { filename, executable, args, env, files } = program;
  if (readExecutable(filename).digest !== executable) {
    const message = `${filename}: the executable has changed since the program was made: call linux() again`;
    throw new ColonyError('ERR_COMPILE', message);
  }
  const roots = topmost(files).map(({ path }) => [path, isFile(set, path)] as const);
  return encodeLinuxLoad(filename, args, env, roots, serves);
}

/** A link counts as a directory, because the guest asks for the paths below it. */
function isFile(set: FileSet, path: string): boolean {
  try {
    return entryAt(set, path).kind === KIND.file;
  } catch (error) {
    if (error instanceof FileError) return true;
    throw error;
  }
}
