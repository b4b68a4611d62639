/** The compiler of a project: sends each module to its language, and compares all virtines with one lock. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import type { CompiledC } from '../c/compile.js';
import { CModules, keepDeclarations } from '../c/module.js';
import { inCi, Lock } from '../lock/lock.js';
import { PROFILE_FILE } from '../profile/profile.js';
import type { VirtineReport } from '../report/types.js';
import type { VirtineDescriptor } from '../runtime/types.js';
import { nameFrom } from '../source/names.js';
import { readSurroundings, type Surroundings } from '../ts/bundle/surroundings.js';
import { TypeScriptModules } from '../ts/modules.js';
import type { SnapshotOutput } from '../ts/snapshots/freeze.js';
import type { ProjectSettings } from '../ts/virtine-builder.js';
import { type CompilerOptions, readCompilerOptions } from './options.js';
import { acceptedBy, projectLimits } from './project.js';

export interface ModuleInput {
  /** Absolute path; what follows a `?` is ignored. */
  readonly id: string;
  readonly code: string;
}

export interface ModuleOutput {
  readonly code: string;
  /** Source map of the host's module, version 3, JSON. */
  readonly map: string;
  readonly virtines: readonly VirtineReport[];
  /** The runtime's descriptor of each virtine, in the same order; empty for a C file. */
  readonly descriptors: readonly VirtineDescriptor[];
  /** Files besides the module itself that the result depends on, absolute. */
  readonly watchFiles: readonly string[];
  readonly warnings: readonly string[];
  /** States of the programs, to be written beside the code under their names. */
  readonly snapshots: readonly SnapshotOutput[];
  /** For a C file: the input of `writeC` of `@colony/compiler/c`. */
  readonly native?: CompiledC;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const C_SOURCE = /\.c$/;
const NO_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' });

export class Compiler {
  readonly root: string;
  readonly #lock: Lock | undefined;
  readonly #typescript: TypeScriptModules;
  readonly #c: CModules;
  /** Whether declarations of C files are written beside them, or only compared. */
  readonly #declarations: 'written' | 'compared' | undefined;

  /**
   * @param around the settings of a bundler; `input` takes precedence
   * @throws ColonyError ERR_BAD_OPTION
   */
  constructor(input: CompilerOptions = {}, around: Surroundings = {}) {
    const options = readCompilerOptions(input);
    this.root = resolve(options.root ?? process.cwd());
    this.#typescript = new TypeScriptModules(settingsOf(this.root, options, around), options.snapshot);
    this.#lock = lockOf(this.root, options);
    this.#c = new CModules(this.root, options.c ?? {});
    const isFrozen = options.frozen ?? inCi();
    this.#declarations = options.c?.declarations === true ? (isFrozen ? 'compared' : 'written') : undefined;
  }

  /** Returns `undefined` if the module has no virtine. @throws ColonyError ERR_COMPILE, `details.refusals` */
  async compileModule({ id, code }: ModuleInput): Promise<ModuleOutput | undefined> {
    const file = id.replace(/\?.*$/, '');
    try {
      return C_SOURCE.test(file) ? await this.#compileC(file) : await this.#compileTypeScript(file, code);
    } catch (error) {
      throw isStackOverflow(error) ? tooDeep(nameFrom(this.root, file), error) : error;
    }
  }

  /** The same for a file on disk. */
  async compileFile(file: string): Promise<ModuleOutput | undefined> {
    const id = resolve(this.root, file);
    return await this.compileModule({ id, code: await readFile(id, 'utf8') });
  }

  /** Files besides the module itself that its last build depended on, even if it was refused; absolute. */
  watchFilesOf(id: string): readonly string[] {
    const file = id.replace(/\?.*$/, '');
    return (C_SOURCE.test(file) ? this.#c : this.#typescript).watchFilesOf(file);
  }

  /** Writes the lock file, if there is one, with everything that was compiled since. Returns whether it changed. */
  async saveLock(): Promise<boolean> {
    return (await this.#lock?.save()) ?? false;
  }

  async dispose(): Promise<void> {
    await this.#typescript.dispose();
  }

  async #compileTypeScript(file: string, code: string): Promise<ModuleOutput | undefined> {
    // Most modules do not have the word, and are not worth a parse.
    const mayHold = code.includes('virtine') && SOURCE.test(file);
    const module = mayHold ? await this.#typescript.compile(file, code) : undefined;
    if (module === undefined) {
      if (mayHold || this.#typescript.has(file)) await this.#forget(file);
      return undefined;
    }
    const { sources, snapshotWarnings, ...output } = module;
    const { virtines } = output;
    const wider = await this.#checkLock(file, virtines, sources);
    const warnings = [...virtines.flatMap((virtine) => virtine.warnings), ...wider, ...snapshotWarnings];
    return { ...output, warnings };
  }

  /** C compilers read the file from the disk. */
  async #compileC(file: string): Promise<ModuleOutput> {
    const native = await this.#c.compile(file);
    const { virtines, bindings, warnings } = native;
    const watchFiles = this.#c.watchFilesOf(file);
    const wider = await this.#checkLock(file, virtines, watchFiles);
    const keep = { text: bindings.dts, shown: nameFrom(this.root, file), isFrozen: this.#declarations === 'compared' };
    const stale = this.#declarations && (await keepDeclarations(file, keep));
    return {
      code: bindings.js,
      map: NO_MAP,
      virtines,
      descriptors: [],
      snapshots: [],
      watchFiles,
      warnings: [...warnings, ...wider, ...(stale ?? [])],
      native,
    };
  }

  /** `sources`: the files that the virtines were made from, besides their own. */
  async #checkLock(file: string, virtines: readonly VirtineReport[], sources: readonly string[]): Promise<string[]> {
    return (await this.#lock?.check(nameFrom(this.root, file), virtines, [file, ...sources])) ?? [];
  }

  async #forget(file: string): Promise<void> {
    await this.#lock?.check(nameFrom(this.root, file), [], []);
    await this.#typescript.forget(file);
  }
}

function settingsOf(root: string, options: CompilerOptions, around: Surroundings): ProjectSettings {
  const surroundings = readSurroundings(around);
  const { mode = surroundings.mode ?? 'production', profile = true } = options;
  const conditions = [...(options.conditions ?? []), ...(surroundings.conditions ?? [])];
  return {
    bundle: { root, mode, conditions, surroundings },
    accept: [...acceptedBy(root), ...(options.accept ?? [])],
    limits: { ...projectLimits(root), ...options.limits },
    profile: profile === false ? undefined : resolve(root, profile === true ? PROFILE_FILE : profile),
  };
}

function lockOf(root: string, { lock = false, frozen, acceptGrants = false }: CompilerOptions): Lock | undefined {
  if (lock === false) return undefined;
  const path = lock === true ? {} : { path: lock };
  return new Lock({ root, acceptGrants, ...path, ...(frozen === undefined ? {} : { frozen }) });
}

/** Compiles one module, and keeps nothing. @throws ColonyError ERR_COMPILE */
export async function compileModule(input: ModuleInput & CompilerOptions): Promise<ModuleOutput | undefined> {
  const { id, code, ...options } = input;
  const compiler = new Compiler(options);
  try {
    return await compiler.compileModule({ id, code });
  } finally {
    await compiler.dispose();
  }
}

const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.startsWith('Maximum call stack');

function tooDeep(file: string, cause: unknown): ColonyError {
  const message = `${file}: its code is nested too deeply to be analysed, or too many of its variables refer to one another`;
  return new ColonyError('ERR_COMPILE', message, { cause, details: { path: file } });
}
