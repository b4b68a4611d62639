/** A file with virtines, compiled for `explain` and `build`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModuleOutput } from '@colony/compiler';
import { UsageError } from './failure.js';

export interface SynthesisFlags {
  /** Whoever calls has looked: what is wider is written to the lock. */
  readonly accept?: boolean;
  /** `--lock`, `--lock FILE`. */
  readonly lock?: boolean | string;
  readonly frozen?: boolean;
  /** Backends for which evaluated states are written beside the output. */
  readonly snapshot?: readonly string[];
  /** Of C: also the other C files beside it, and words for the compilers. */
  readonly neighbours?: boolean;
  readonly cflags?: string;
}

/** Flags of a C compiler, as a shell would take them apart where nothing is quoted. */
export const cOptions = ({ neighbours = false, cflags = '' }: Pick<SynthesisFlags, 'neighbours' | 'cflags'>) => ({
  neighbours,
  flags: cflags.split(/\s+/).filter((flag) => flag !== ''),
});

/** Where the project has a lock, it counts. */
export async function hasLock(): Promise<boolean> {
  const { LOCK_FILE } = await import('@colony/compiler');
  return existsSync(join(process.cwd(), LOCK_FILE));
}

/** What a compiler is made with. */
export const compilerOptions = ({ accept = false, lock, frozen, snapshot = [], ...flags }: SynthesisFlags) => ({
  acceptGrants: accept,
  lock: lock ?? accept,
  c: cOptions(flags),
  snapshot,
  ...(frozen === undefined ? {} : { frozen }),
});

/** Warnings go to standard error. @throws ColonyError ERR_COMPILE; UsageError for a file without virtines */
export async function compileVirtines(file: string, flags: SynthesisFlags): Promise<ModuleOutput> {
  const { Compiler } = await import('@colony/compiler');
  const compiler = new Compiler(compilerOptions(flags));
  try {
    const output = await compiler.compileFile(file);
    if (output === undefined) throw new UsageError(`${file}: it has no virtine ('use virtine', or virtine(fn))`);
    for (const warning of output.warnings) process.stderr.write(`warning ${warning}\n`);
    await compiler.saveLock();
    return output;
  } finally {
    await compiler.dispose();
  }
}
