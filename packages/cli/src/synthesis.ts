/** Compiles a file with virtines, for `explain` and `build`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModuleOutput } from '@colony/compiler';
import { UsageError } from './failure.js';

export interface SynthesisFlags {
  /** Writes wider grants to the lock, because the caller has reviewed them. */
  readonly accept?: boolean;
  /** `--lock`, `--lock FILE`. */
  readonly lock?: boolean | string;
  readonly frozen?: boolean;
  /** Backends whose evaluated states are written beside the output. */
  readonly snapshot?: readonly string[];
  /** For C: includes the other C files beside it, and extra flags for the compilers. */
  readonly neighbours?: boolean;
  readonly cflags?: string;
}

/** Splits C compiler flags at spaces, as a shell does without quotes. */
export const cOptions = ({ neighbours = false, cflags = '' }: Pick<SynthesisFlags, 'neighbours' | 'cflags'>) => ({
  neighbours,
  flags: cflags.split(/\s+/).filter((flag) => flag !== ''),
});

/** Whether the project has a lock, which then applies. */
export async function hasLock(): Promise<boolean> {
  const { LOCK_FILE } = await import('@colony/compiler');
  return existsSync(join(process.cwd(), LOCK_FILE));
}

/** Makes the options of a compiler. */
export const compilerOptions = ({ accept = false, lock, frozen, snapshot = [], ...flags }: SynthesisFlags) => ({
  acceptGrants: accept,
  lock: lock ?? accept,
  c: cOptions(flags),
  snapshot,
  ...(frozen === undefined ? {} : { frozen }),
});

/** Prints warnings to standard error. @throws ColonyError ERR_COMPILE; UsageError for a file without virtines */
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
