/**
 * Compiles all virtines of a project and writes nothing: reports refusals, warnings, and grants that the lock does not
 * allow.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ColonyError, type FilePath } from '@colony/core';
import { filePath, listOf, readOptions } from '@colony/core/options';
import { C_MODULE } from '../c/source/module-name.js';
import { Compiler, type ModuleOutput } from '../compiler/compiler.js';
import { type CompilerOptions, readCompilerOptions } from '../compiler/options.js';
import { LOCK_FILE } from '../lock/index.js';
import type { VirtineReport } from '../report/types.js';
import { mayHoldVirtines } from '../ts/syntax/mark.js';
import { sourcesIn } from './check.js';

export interface Trial {
  /** The virtines of all files that compile. */
  readonly virtines: readonly VirtineReport[];
  /** One error for each file that is refused, or whose grants are wider than the lock. */
  readonly errors: readonly ColonyError[];
  readonly warnings: readonly string[];
  /** Whether there was a lock to compare with. */
  readonly locked: boolean;
}

/**
 * @param paths files, or folders to search, without node_modules and hidden folders
 * @param options of the compiler. `lock`: default `colony.lock.json`, if it exists; it is never written
 * @throws ColonyError ERR_BAD_OPTION for a path that does not exist
 */
export async function tryFiles(paths: readonly FilePath[], options: CompilerOptions = {}): Promise<Trial> {
  const read = readOptions<{ paths: readonly string[] }, 'paths'>('tryFiles', { paths }, { paths: listOf(filePath) }, [
    'paths',
  ]);
  const settings = readCompilerOptions(options);
  const lock = settings.lock ?? existsSync(join(resolve(settings.root ?? ''), LOCK_FILE));
  const compiler = new Compiler({ ...settings, lock, frozen: true, acceptGrants: false });
  const made: { virtines: VirtineReport[]; errors: ColonyError[]; warnings: string[] } = {
    virtines: [],
    errors: [],
    warnings: [],
  };
  try {
    // One after the other, because virtines that were moved are matched in this order.
    for (const file of sourcesIn(read.paths, compiler.root)) {
      try {
        const output = await compile(compiler, file);
        made.virtines.push(...(output?.virtines ?? []));
        made.warnings.push(...(output?.warnings ?? []));
      } catch (error) {
        if (!ColonyError.is(error)) throw error;
        made.errors.push(error);
      }
    }
    return { ...made, locked: lock !== false };
  } finally {
    await compiler.dispose();
  }
}

/** C compilers read their files themselves. */
async function compile(compiler: Compiler, file: string): Promise<ModuleOutput | undefined> {
  const code = C_MODULE.test(file) ? '' : await readFile(file, 'utf8');
  return C_MODULE.test(file) || mayHoldVirtines(code) ? await compiler.compileModule({ id: file, code }) : undefined;
}
