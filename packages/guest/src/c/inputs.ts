/**
 * Decides which files a C program may include: files in the folders of its own sources and of its flags, and the
 * headers of the compiler and of Colony. The jail shows few other files; this check holds with a jail and without.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { ColonyError } from '@colony/core';
import { buildJail } from '../tools/jail.js';
import { type Output, runTool } from '../tools/run.js';
import type { Job } from './builder.js';
import { foldersOf } from './flags.js';

/** The parts of a program that decide which files it may include. */
export type Sources = Pick<Job, 'files' | 'flags' | 'folders'>;

/** The compilation of one file. */
export interface Compilation {
  readonly compiler: string;
  readonly file: string;
  /** All flags except those for the output. */
  readonly flags: readonly string[];
  /** Folders of headers that do not belong to the program. */
  readonly system: readonly string[];
}

/** Absolute paths of folders whose files may be included. The root does not count, because all files are below it. */
function declaredFolders({ files, flags, folders }: Sources): string[] {
  const all = [...files.map((file) => dirname(file)), ...foldersOf(flags), ...folders];
  return [...new Set(all)].filter((folder) => folder !== '/');
}

/** The program's files that the jail shows. */
export const readsOf = (job: Sources): string[] => [...declaredFolders(job), ...job.files];

/** Flags that make a compiler list the files that it read, beside its output. */
export const dependenciesOf = (output: string): string[] => ['-MD', '-MF', `${output}.d`];

/**
 * Returns the paths of all files that a compilation read.
 * @throws ColonyError ERR_COMPILE for a file that the program may not include
 */
export async function checkedInputs(job: Sources, unit: Compilation, output: string): Promise<string[]> {
  const read = dependenciesIn(await readFile(`${output}.d`, 'utf8'));
  checkInputs(job, unit, read);
  return read;
}

/** Returns the file names in the make rule that a compiler wrote: spaces are escaped, lines continued. */
function dependenciesIn(rule: string): string[] {
  const names =
    rule
      .slice(rule.indexOf(': ') + 2)
      .replaceAll('\\\n', ' ')
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return [...new Set(names.map((name) => resolve(name.replace(/\\(.)/g, '$1').replaceAll('$$', '$'))))].sort();
}

function checkInputs(job: Sources, unit: Compilation, read: readonly string[]): void {
  const own = declaredFolders(job).map(realOf);
  const system = unit.system.map(realOf);
  const outside = read.find((path) => !job.files.includes(path) && !mayInclude(realOf(path), own, system));
  if (outside === undefined) return;
  throw new ColonyError(
    'ERR_COMPILE',
    `${basename(unit.file)} includes ${outside}, which it may not read: a program includes files in the folders of its C files and of -I, and none whose name begins with a dot`,
  );
}

function mayInclude(path: string, own: readonly string[], system: readonly string[]): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  return (
    system.some((folder) => pathBelow(path, folder) !== undefined) ||
    own.some((folder) => pathBelow(path, folder)?.every((name) => !name.startsWith('.')) === true)
  );
}

/** Returns the names that lead from a folder to a file in it. */
function pathBelow(path: string, folder: string): string[] | undefined {
  const names = relative(folder, path).split(sep);
  return names[0] === '..' ? undefined : names;
}

/** Follows links: a link that leaves the folder names a file outside. A missing file keeps its path. */
function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Limits of the preprocessor, which needs little. */
const PREPROCESSOR = { addressSpace: 2 ** 30, time: 60_000 };

/**
 * Checks the files before compilation if bubblewrap is missing. A compiler could then read any file and show its
 * content in messages. So the preprocessor first lists the files that it would read, and its messages are dropped.
 * @throws ColonyError ERR_COMPILE for a file that the program may not include
 */
export async function checkBeforehand(job: Sources & Partial<Pick<Job, 'signal'>>, unit: Compilation): Promise<void> {
  if ((await buildJail()).bubblewrap !== undefined) return;
  const args = [...unit.flags, '-w', '-M', '-MG', '-H', unit.file];
  const output = await runTool({ file: unit.compiler, args, signal: job.signal, limits: PREPROCESSOR });
  const read = [...new Set([...dependenciesIn(output.stdout), ...entered(output)])];
  checkInputs(
    job,
    unit,
    read.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined),
  );
  if (ranOut(output)) {
    const message = `${basename(unit.file)} includes more than can be read: its headers take more than ${PREPROCESSOR.addressSpace >> 20} MiB`;
    throw new ColonyError('ERR_COMPILE', message);
  }
  const system = unit.system.map(realOf);
  for (const path of read) if (!system.some((folder) => pathBelow(realOf(path), folder))) checkProbes(path);
}

/** Returns the files that `-H` lists as they are entered: `-M` writes its rule only if there was no error. */
const entered = ({ stderr }: Output): string[] =>
  [...stderr.matchAll(/^\.+ (.+)$/gm)].map(([, path]) => resolve(path!));

const ranOut = ({ code, stderr }: Output): boolean =>
  code !== 0 && (typeof code !== 'number' || code > 128 || /out of memory|memory exhausted/i.test(stderr));

/** Matches a test for a file, or a request to embed one. Forms that name no file of the host are excluded. */
const PROBE = /__has_(?:include|include_next|embed)\b|(?:#|%:)(?:\s|\/\*[\s\S]*?\*\/)*embed\b/g;
const ASKS_WHETHER_KNOWN = /(?:\bdefined\s*\(?|#[ \t]*(?:el)?ifn?def)[ \t]*$/;
const NAMES_A_FILE = /^\s*\(?\s*(?:"([^"\n]*)"|<([^>\n]*)>)/;
const LONGEST_CONTEXT = 4096;

/** Checks files that are only tested for: the rule of `-M` does not list them. */
function checkProbes(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return;
  const text = readFileSync(path, 'latin1').replace(/\\\r?\n/g, '');
  for (const { 0: word, index } of text.matchAll(PROBE)) {
    if (ASKS_WHETHER_KNOWN.test(text.slice(Math.max(0, index - 40), index))) continue;
    const after = text.slice(index + word.length, index + word.length + LONGEST_CONTEXT);
    const [, quoted, angled] = NAMES_A_FILE.exec(after) ?? [];
    const name = quoted ?? angled;
    if (name !== undefined && !name.startsWith('/') && !name.split('/').includes('..')) continue;
    const message = `${path}: ${word} may only name a file of the program by a relative path without \`..\``;
    throw new ColonyError('ERR_COMPILE', message);
  }
}
