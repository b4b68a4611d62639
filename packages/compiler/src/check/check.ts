/** Finds directives that nothing compiles, in source files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ColonyError, type FilePath } from '@colony/core';
import { filePath, listOf, readOptions } from '@colony/core/options';
import { C_MODULE } from '../c/source/module-name.js';
import { nameFrom } from '../source/names.js';
import type { Place } from '../source/place.js';
import { directivesIn } from '../ts/syntax/directive.js';
import { DIRECTIVE, mayHoldDirective } from '../ts/syntax/mark.js';
import { isCommonJs, parse } from '../ts/syntax/parse.js';
import { analyseScopes } from '../ts/syntax/scopes.js';
import { findVirtines } from '../ts/virtines/find.js';
import { type Compiling, compilingOf } from './compiling.js';

export interface Problem extends Place {
  /** `uncompiled`: the project has no compiler for directives. `unsupported`: no compiler reads files of this kind. */
  readonly kind: 'uncompiled' | 'misplaced' | 'unsupported';
  readonly message: string;
  readonly advice: string;
}

export interface Checked {
  /** Number of files that were read. */
  readonly files: number;
  readonly directives: readonly Place[];
  readonly problems: readonly Problem[];
  /** The compiler of each file whose directives have no problem. */
  readonly compiling: Readonly<Record<string, Compiling>>;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const COMPONENT = /\.(?:vue|svelte|astro|html|mdx)$/;

const NOTHING_COMPILES = {
  message: `nothing in this project compiles '${DIRECTIVE}': the function runs unisolated`,
  advice:
    'add the Colony plugin to the bundler (@colony/compiler/vite and others), start Node with ' +
    '`--import @colony/compiler/register`, or build the file with `colony build`',
};

/**
 * @param paths files, or folders to search, without node_modules and hidden folders
 * @param root the folder that places are relative to. Default: the working directory.
 * @throws ColonyError ERR_BAD_OPTION for a path that does not exist
 */
export function checkFiles(paths: readonly FilePath[], root: FilePath = process.cwd()): Checked {
  const read = readOptions<{ paths: readonly string[]; root: string }, 'paths' | 'root'>(
    'checkFiles',
    { paths, root },
    { paths: listOf(filePath), root: filePath },
    ['paths', 'root'],
  );
  return check(read.paths, read.root);
}

function check(paths: readonly string[], root: string): Checked {
  // C files have no directives.
  const files = sourcesIn(paths, root).filter((file) => !C_MODULE.test(file));
  const directives: Place[] = [];
  const problems: Problem[] = [];
  const compiling: Record<string, Compiling> = {};
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    if (!mayHoldDirective(text)) continue;
    const shown = nameFrom(root, file);
    const places = directivesIn(shown, text);
    if (places.length === 0) continue;
    directives.push(...places);
    const way = compilingOf(file);
    const inFile = problemsOf(shown, text, places, way);
    problems.push(...inFile);
    if (inFile.length === 0 && way !== undefined) compiling[shown] = way;
  }
  return { files: files.length, directives, problems, compiling };
}

function problemsOf(file: string, text: string, places: readonly Place[], way: Compiling | undefined): Problem[] {
  const all = (kind: Problem['kind'], message: string, advice: string) =>
    places.map((place) => ({ kind, message, advice, ...place }));
  if (!SOURCE.test(file)) {
    const advice = 'put the function into a .ts or .js file, and import it from here';
    return all('unsupported', `'${DIRECTIVE}' is not compiled in files of this kind`, advice);
  }
  if (/\.c[jt]s$/.test(file) || isCommonJs(file, text)) {
    const advice = 'name the file .mjs or .mts, and use import and export in it: CommonJS can require() the result';
    return all('unsupported', `'${DIRECTIVE}' is not compiled in CommonJS`, advice);
  }
  if (way === undefined) return all('uncompiled', NOTHING_COMPILES.message, NOTHING_COMPILES.advice);
  return misplaced(file, text);
}

function misplaced(shown: string, text: string): Problem[] {
  const parsed = parse(shown, text);
  const { refusals } = findVirtines(parsed, analyseScopes(parsed.program));
  return refusals.map(({ file, line, column, message, advice }) => ({
    kind: 'misplaced',
    file,
    line,
    column,
    message,
    advice,
  }));
}

/** Absolute paths, sorted. @throws ColonyError ERR_BAD_OPTION */
export function sourcesIn(paths: readonly string[], root: string): string[] {
  return [...new Set(paths.flatMap((path) => filesIn(existing(resolve(root, path)))))].sort();
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new ColonyError('ERR_BAD_OPTION', `${path} is not there`, { details: { path: 'paths' } });
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    if (name === 'node_modules' || name.startsWith('.')) return [];
    const below = join(path, name);
    if (entry.isDirectory()) return filesIn(below);
    return entry.isFile() && (SOURCE.test(name) || COMPONENT.test(name) || C_MODULE.test(name)) ? [below] : [];
  });
}
