/** What a compiler is made with. */
import type { LimitsInput } from '@colony/core';
import { either, filePath, flag, listOf, oneOf, type ReadOption, readOptions, text } from '@colony/core/options';
import { type CModuleOptions, readCModuleOptions } from '../c/module.js';
import { limitsProblem } from './project.js';

export interface CompilerOptions {
  /** Names in messages and reports are relative to it. Default: the working directory. */
  readonly root?: string;
  /** `process.env.NODE_ENV` of the programs. Default: that of the bundler, or 'production'. */
  readonly mode?: 'production' | 'development';
  /** Further conditions of package exports. */
  readonly conditions?: readonly string[];
  /**
   * Refusals to accept in all virtines: `'node:fs'`, `'process'`, `'eval'`. Those of `"colony": { "accept": [...] }` in
   * the root's package.json are added.
   */
  readonly accept?: readonly string[];
  /**
   * Limits of all TypeScript virtines that state none of their own. Those of `"colony": { "limits": {...} }` in the root's
   * package.json hold where these say nothing. Default: core's defaults.
   */
  readonly limits?: LimitsInput;
  /** Records grants in `colony.lock.json`, or the file of that name, and compares with it. Default: no lock. */
  readonly lock?: boolean | string;
  /** What is wider than the lock is an error, and the lock stays as it is. Default: whether the variable CI is set. */
  readonly frozen?: boolean;
  /**
   * Limits of contexts from what `colony profile` recorded in this file, relative to the root. Default:
   * `colony.profile.json`, where there is one.
   */
  readonly profile?: boolean | string;
  /**
   * Backends, by name, for which the evaluated state of each program is written to a file beside the output: contexts
   * start from it where it fits. Default: none.
   */
  readonly snapshot?: string | readonly string[];
  /** A person has looked: what is wider is written to the lock. */
  readonly acceptGrants?: boolean;
  /** Of C files. */
  readonly c?: CModuleOptions;
}

/** A copy that nobody changes. */
const limits: ReadOption<LimitsInput> = (value, path, reader) => {
  const input = reader.object(value, path);
  if (limitsProblem(input) !== undefined) reader.fail(path, "limits such as { wallTime: '5 s' }", value);
  return Object.freeze(input);
};

const isFlag = (value: unknown) => typeof value === 'boolean';

/** A copy, read once. @throws ColonyError ERR_BAD_OPTION */
export function readCompilerOptions(input: CompilerOptions): CompilerOptions {
  return readOptions<CompilerOptions>('options', input, {
    root: filePath,
    mode: oneOf('production', 'development'),
    conditions: listOf(text),
    accept: listOf(text),
    limits,
    lock: either(isFlag, flag, filePath),
    frozen: flag,
    profile: either(isFlag, flag, filePath),
    snapshot: either((value) => typeof value === 'string', text, listOf(text)),
    acceptGrants: flag,
    c: readCModuleOptions,
  });
}
