/** The options of a compiler. */
import type { LimitsInput } from '@colony/core';
import { either, filePath, flag, listOf, oneOf, type ReadOption, readOptions, text } from '@colony/core/options';
import { type CModuleOptions, readCModuleOptions } from '../c/module.js';
import { limitsProblem } from './project.js';

export interface CompilerOptions {
  /** Names in messages and reports are relative to it. Default: the working directory. */
  readonly root?: string;
  /** `process.env.NODE_ENV` of the programs. Default: that of the bundler, or 'production'. */
  readonly mode?: 'production' | 'development';
  /** Additional conditions of package exports. */
  readonly conditions?: readonly string[];
  /**
   * Refusals to accept in all virtines: `'node:fs'`, `'process'`, `'eval'`. The list `"colony": { "accept": [...] }` in
   * the root's package.json is added.
   */
  readonly accept?: readonly string[];
  /**
   * Limits of all TypeScript virtines that state none of their own. They take precedence over `"colony": { "limits":
   * {...} }` in the root's package.json. Default: core's defaults.
   */
  readonly limits?: LimitsInput;
  /** Records grants in `colony.lock.json`, or in the named file, and compares with them. Default: no lock. */
  readonly lock?: boolean | string;
  /**
   * A grant that is wider than the lock is an error, and the lock is not written. Default: whether the variable CI is
   * set.
   */
  readonly frozen?: boolean;
  /**
   * Takes limits of contexts from this file of `colony profile`, relative to the root. Default: `colony.profile.json`,
   * if it exists.
   */
  readonly profile?: boolean | string;
  /**
   * Names of backends. For each, the evaluated state of every program is written to a file beside the output, and
   * contexts start from it if it fits. Default: none.
   */
  readonly snapshot?: string | readonly string[];
  /** A person has reviewed the grants: wider ones are written to the lock. */
  readonly acceptGrants?: boolean;
  /** Options of C files. */
  readonly c?: CModuleOptions;
}

/** Returns a frozen copy. */
const limits: ReadOption<LimitsInput> = (value, path, reader) => {
  const input = reader.object(value, path);
  if (limitsProblem(input) !== undefined) reader.fail(path, "limits such as { wallTime: '5 s' }", value);
  return Object.freeze(input);
};

const isFlag = (value: unknown) => typeof value === 'boolean';

/** Reads each option once, and returns a copy. @throws ColonyError ERR_BAD_OPTION */
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
