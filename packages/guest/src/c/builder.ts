/** What the C builder needs of a compiler and a target. */
import { dirname, join } from 'node:path';
import { guestFolder } from '../package.js';
import type { Places } from '../tools/run.js';

export interface Job {
  /** The program's C files, readable; the first is the one that is asked for. */
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** Further folders that may be included from. */
  readonly folders: readonly string[];
  /** Paths below it do not get into an image, either. */
  readonly root: string | undefined;
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
  /** Ends the build. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds that each tool may take. */
  readonly buildTime: number | undefined;
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
export const reproducible = ({ root }: Job, file: string): string[] => [
  ...(root === undefined ? [] : [`-ffile-prefix-map=${root}=.`]),
  `-ffile-prefix-map=${dirname(file)}=.`,
  `-ffile-prefix-map=${guestFolder}=colony`,
  '-frandom-seed=colony',
];

/** For a tool that works on the program: what it reads besides the folder of the build. */
export const placesOf = ({ work, signal, buildTime }: Job, reads: readonly string[]): Places => ({
  reads,
  writes: [work],
  signal,
  limits: { time: buildTime },
});

/** Where the object of each of a program's files lies. */
export const objectsOf = ({ files, work }: Job): string[] => files.map((_, i) => join(work, `program-${i}.o`));

/** Compiles all, two at a time; gives the paths of every file that was read. `compileFile` gives those of one. */
export async function compileFiles(
  job: Job,
  compileFile: (file: string, output: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const outputs = objectsOf(job);
  const waiting = job.files.map((file, i) => [file, outputs[i]!] as const).reverse();
  const read = new Set<string>();
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      for (const path of await compileFile(...next)) read.add(path);
  };
  await Promise.all([worker(), worker()]);
  return [...read].sort();
}
