/** `colony build`: bundles a program from one of its files, with its map, types, report and snapshots. */
import { realpath } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { ColonyError, type FilePath } from '@colony/core';
import { filePath, flag, readOptions } from '@colony/core/options';
import { Compiler } from '../compiler/compiler.js';
import type { CompilerOptions } from '../compiler/options.js';
import { reportJson } from '../report/index.js';
import type { VirtineReport } from '../report/types.js';
import { assemble } from './modules.js';
import { declarationsOf } from './types.js';

export interface BuildOptions {
  /** The folder of the output. Nothing is written to it: maps name their sources relative to it. */
  readonly out: FilePath;
  /** Whether to make declarations, with the project's own TypeScript. Default: true, for TypeScript. */
  readonly types?: boolean;
}

export interface BuiltFile {
  /** Relative to the folder; declarations may be in folders below it. */
  readonly name: string;
  readonly contents: Uint8Array | string;
}

export interface Built {
  /** The JavaScript first; then its map, the report, declarations, and snapshots of programs. */
  readonly files: readonly BuiltFile[];
  /** The virtines of all modules. */
  readonly virtines: readonly VirtineReport[];
  readonly warnings: readonly string[];
}

const EXTENSION = /\.([cm]?)[jt]sx?$/;
const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Bundles the modules of the project and of its workspace's packages into one file. Installed packages are loaded when
 * it runs.
 * @param file JavaScript or TypeScript, relative to `root` of the compiler's options
 * @throws ColonyError ERR_COMPILE with the refusals of all modules, or if no module has a virtine
 */
export async function buildProgram(file: FilePath, build: BuildOptions, options: CompilerOptions = {}): Promise<Built> {
  const read = readOptions<Omit<BuildOptions, 'out'> & { file: string; out: string }, 'file' | 'out'>(
    'buildProgram',
    { ...build, file },
    { file: filePath, out: filePath, types: flag },
    ['file', 'out'],
  );
  const compiler = new Compiler(options);
  try {
    const name = basename(read.file).replace(EXTENSION, '.$1js');
    const out = resolve(compiler.root, read.out);
    const entry = await existing(resolve(compiler.root, read.file));
    const { outputs, modules, warnings } = await assemble(compiler, entry, join(out, name));
    const virtines = modules.flatMap((module) => module.virtines);
    if (virtines.length === 0) throw new ColonyError('ERR_COMPILE', `${read.file}: ${NONE}`);
    await compiler.saveLock();
    const wantsTypes = TYPESCRIPT.test(entry) && read.types !== false;
    const types = wantsTypes ? await declarationsOf(entry, compiler.root) : { files: [], warnings: [] };
    const files = [
      // The JavaScript before its map.
      ...outputs
        .map(({ path, contents }) => ({ name: relative(out, path), contents }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      { name: `${name}.virtines.json`, contents: reportJson(virtines) },
      ...types.files,
      ...modules.flatMap(({ snapshots }) =>
        snapshots.map((snapshot) => ({ name: snapshot.file, contents: snapshot.bytes })),
      ),
    ];
    return { files, virtines, warnings: [...warnings, ...types.warnings] };
  } finally {
    await compiler.dispose();
  }
}

/** The real path, as esbuild names it. */
async function existing(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (cause) {
    throw new ColonyError('ERR_BAD_OPTION', `${file} is not there`, { cause, details: { path: 'buildProgram.file' } });
  }
}

const NONE = "it has no virtine ('use virtine', or virtine(fn)), and neither has a module that it imports";
