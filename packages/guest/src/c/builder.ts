/** What the C builder needs of a compiler and a target. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { guestFolder } from '../package.js';

export interface Job {
  /** The program's C files, readable; the first is the one that is asked for. */
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** Bytes. */
  readonly stackSize: number;
  /** Bytes of heap that are there from the start, where the program has one. */
  readonly heapSize: number;
  /** Native targets: a runtime with nothing but what generated exports need. */
  readonly lean?: LeanRuntime | undefined;
  /** Native targets: keep relocations, and give the compiler's call graph. */
  readonly analyse: boolean;
  /** A folder for what is needed only while building. */
  readonly work: string;
  /** Where compiled runtimes are kept. */
  readonly cache: string;
}

/** Sizes of the buffers in which frames lie that need no memory of their own, and of what there is for others; bytes. */
export interface LeanRuntime {
  readonly smallRequest: number;
  readonly smallOut: number;
  /** For larger frames and what arguments become, from the start; for a program without a heap, which has `heapSize`. */
  readonly frames: number;
}

export interface Built {
  readonly image: Uint8Array;
  /** Paths of all files that the program's compilation read. */
  readonly inputs: readonly string[];
  /** How many functions it exports. */
  readonly exports: number;
  /** Of a build that was to be analysed: what gcc's -fcallgraph-info wrote of every object that could be linked. */
  readonly callGraph?: string;
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

/** Where the object of each of a program's files lies. */
export const objectsOf = ({ files, work }: Job): string[] => files.map((_, i) => join(work, `program-${i}.o`));

/** Flags by which a compiler writes down what it read, beside its output. */
export const dependenciesOf = (output: string): string[] => ['-MD', '-MF', `${output}.d`];

/** Compiles all, two at a time; gives the paths of every file that was read. */
export async function compileFiles(
  job: Job,
  compileFile: (file: string, output: string) => Promise<void>,
): Promise<string[]> {
  const outputs = objectsOf(job);
  const waiting = job.files.map((file, i) => [file, outputs[i]!] as const).reverse();
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await compileFile(...next);
  };
  await Promise.all([worker(), worker()]);
  const read = await Promise.all(outputs.map((output) => readDependencies(`${output}.d`)));
  return [...new Set(read.flat())].sort();
}

/** File names of the make rule that a compiler wrote: spaces are escaped, lines continued. */
async function readDependencies(path: string): Promise<string[]> {
  const rule = await readFile(path, 'utf8');
  const names =
    rule
      .slice(rule.indexOf(': ') + 2)
      .replaceAll('\\\n', ' ')
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return [...new Set(names.map((name) => resolve(name.replace(/\\(.)/g, '$1').replaceAll('$$', '$'))))].sort();
}
