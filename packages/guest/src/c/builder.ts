/** The interface between the C builder and a compiler for a target. */
import { dirname, join } from 'node:path';
import { guestFolder } from '../package.js';
import type { Places } from '../tools/run.js';

export interface Job {
  /** The program's C files, readable; the first is the one that was requested. */
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** Further folders whose files can be included. */
  readonly folders: readonly string[];
  /** Paths below it are kept out of images, too. */
  readonly root: string | undefined;
  /** In bytes. */
  readonly stackSize: number;
  /** Bytes of heap at the start, if the program has one. */
  readonly heapSize: number;
  /** Native targets: a runtime with only what generated exports need. */
  readonly lean?: LeanRuntime | undefined;
  /** Native targets: keep relocations, and return the compiler's call graph. */
  readonly analyse: boolean;
  /** A folder for files that are needed only while building. */
  readonly work: string;
  /** The folder of compiled runtimes. */
  readonly cache: string;
  /** Ends the build. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds that each tool may take. */
  readonly buildTime: number | undefined;
}

/** Sizes in bytes of the buffers for small frames, and of the memory for larger ones. */
export interface LeanRuntime {
  readonly smallRequest: number;
  readonly smallOut: number;
  /**
   * Memory at the start for larger frames and decoded arguments, in a program without a heap. One with a heap has
   * `heapSize`.
   */
  readonly frames: number;
}

export interface Built {
  readonly image: Uint8Array;
  /** Paths of all files that the program's compilation read. */
  readonly inputs: readonly string[];
  /** Number of functions that it exports. */
  readonly exports: number;
  /** With `analyse`: the output of gcc's -fcallgraph-info for every object that could be linked. */
  readonly callGraph?: string;
}

export interface Builder {
  /** Changes if an image could change: with compiler, libc, runtime, flags. */
  readonly id: string;
  /** Extension of an image's file: `.elf`. */
  readonly extension: string;
  build(job: Job): Promise<Built>;
}

/** Flags for every C program, before its own flags. */
export const PROGRAM_FLAGS: readonly string[] = [
  '-std=gnu17',
  '-O2',
  '-Werror=implicit-function-declaration',
  '-Werror=int-conversion',
  '-Werror=incompatible-pointer-types',
];

/** Flags after the program's own: they keep paths of this machine out of images. */
export const reproducible = ({ root }: Job, file: string): string[] => [
  ...(root === undefined ? [] : [`-ffile-prefix-map=${root}=.`]),
  `-ffile-prefix-map=${dirname(file)}=.`,
  `-ffile-prefix-map=${guestFolder}=colony`,
  '-frandom-seed=colony',
];

/** The files and limits of a tool that works on the program. `reads` are files outside of the build's folder. */
export const placesOf = ({ work, signal, buildTime }: Job, reads: readonly string[]): Places => ({
  reads,
  writes: [work],
  signal,
  limits: { time: buildTime },
});

/** Paths of the objects of a program's files. */
export const objectsOf = ({ files, work }: Job): string[] => files.map((_, i) => join(work, `program-${i}.o`));

/** Compiles all files, two at a time. Returns the paths of all files that were read, as `compileFile` does for one. */
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
