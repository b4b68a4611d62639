/** Reads executables: what they are, and the hash of their bytes. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { ColonyError } from '../../errors.js';

export interface Executable {
  /** SHA-256 of its bytes, in hex. */
  readonly digest: string;
  /** The interpreter that a script's first line names. */
  readonly interpreter: string | undefined;
}

interface Known extends Executable {
  /** Changes with the file. */
  readonly identity: string;
}

/** Executables by path. Hashing 100 MB takes a tenth of a second, and a program is read more than once. */
const known = new Map<string, Known>();
const MOST_KNOWN = 256;

const PIECE = 2 ** 20;
/** Linux reads this much of a script's first line. */
const LONGEST_LINE = 256;

/**
 * Reads an executable, unless it has not changed since the last time.
 * @throws ColonyError ERR_COMPILE
 */
export function readExecutable(path: string): Executable {
  try {
    return withFile(path, (fd) => {
      const identity = identityOf(fd, path);
      const before = known.get(path);
      if (before?.identity === identity) return before;
      const read = { identity, ...readAll(fd, path) };
      if (known.size === MOST_KNOWN) known.clear();
      known.set(path, read);
      return read;
    });
  } catch (error) {
    if (ColonyError.is(error)) throw error;
    throw new ColonyError('ERR_COMPILE', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  // Opening a pipe would wait for its writer.
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function identityOf(fd: number, path: string): string {
  const stat = fs.fstatSync(fd, { bigint: true });
  if (!stat.isFile()) throw new ColonyError('ERR_COMPILE', `${path}: this is not a file`);
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join();
}

function readAll(fd: number, path: string): Executable {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE);
  let count = fs.readSync(fd, piece);
  const interpreter = interpreterOf(piece.subarray(0, Math.min(count, LONGEST_LINE)), path);
  for (; count > 0; count = fs.readSync(fd, piece)) hash.update(piece.subarray(0, count));
  return { digest: hash.digest('hex'), interpreter };
}

function interpreterOf(head: Buffer, path: string): string | undefined {
  if (head.toString('latin1', 0, 4) === '\x7fELF') return undefined;
  const script = /^#![ \t]*([^\s\0]+)/.exec(head.toString('latin1'));
  if (script !== null) return Buffer.from(script[1]!, 'latin1').toString('utf8');
  throw new ColonyError(
    'ERR_COMPILE',
    `${path}: this is not a Linux executable, neither an ELF file nor a script with a \`#!\` line; give the program that runs it as \`executable\`, and this file in \`args\` and \`files\``,
  );
}
