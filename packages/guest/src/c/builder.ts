/** What the C builder needs of a compiler and a target. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { guestFolder } from '../package.js';

export interface Job {
  /** The program's C file, readable. */
  readonly file: string;
  readonly flags: readonly string[];
  /** Bytes. */
  readonly stackSize: number;
  /** A folder for what is needed only while building. */
  readonly work: string;
  /** Where compiled runtimes are kept. */
  readonly cache: string;
}

export interface Built {
  readonly image: Uint8Array;
  /** Paths of all files that the program's compilation read. */
  readonly inputs: readonly string[];
  /** How many functions it exports. */
  readonly exports: number;
}

export interface Builder {
  /** Changes when an image could come out otherwise: compiler, libc, runtime, flags. */
  readonly id: string;
  /** Of an image's file: `.elf`. */
  readonly extension: string;
  build(job: Job): Promise<Built>;
}

/** What every C program is compiled with before its own flags... */
export const PROGRAM_FLAGS: readonly string[] = [
  '-std=gnu17',
  '-O2',
  '-Werror=implicit-function-declaration',
  '-Werror=int-conversion',
  '-Werror=incompatible-pointer-types',
];

/** ...and after them: no path of this machine gets into an image. */
export const reproducible = (file: string): string[] => [
  `-ffile-prefix-map=${dirname(file)}=.`,
  `-ffile-prefix-map=${guestFolder}=colony`,
  '-frandom-seed=colony',
];

/** File names of the make rule that a compiler wrote: spaces are escaped, lines continued. */
export async function readDependencies(path: string): Promise<string[]> {
  const rule = await readFile(path, 'utf8');
  const names =
    rule
      .slice(rule.indexOf(': ') + 2)
      .replaceAll('\\\n', ' ')
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return [...new Set(names.map((name) => resolve(name.replace(/\\(.)/g, '$1').replaceAll('$$', '$'))))].sort();
}
