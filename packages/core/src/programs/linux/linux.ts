/** Makes programs of Linux executables. */
import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { types } from 'node:util';
import type { LinuxFile } from '../../backend.js';
import { ColonyError } from '../../errors.js';
import { joinPath, OptionReader } from '../../options/option-reader.js';
import { readPath } from '../../options/paths.js';
import { makeProgram } from '../make.js';
import type { Program } from '../types.js';
import { readExecutable } from './executable.js';
import { above, isGuestPath, isWithin } from './paths.js';
import { systemFiles } from './system.js';
import type { LinuxExports, LinuxOptions } from './types.js';

const KEYS = ['executable', 'files', 'env', 'args', 'system'] as const;
const DEFAULT_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/' };

/** Most separate places that the library OS asks the host about. It has 64, and granted directories need some. */
const MOST_PLACES = 48;

/**
 * Makes a program of an unmodified Linux executable, an ELF file or a script. It is read at once; its other files are
 * read when it runs.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
export function linux(options: LinuxOptions): Program<LinuxExports> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'linux');
  const { executable, files = {}, env = {}, args = [], system = true } = reader.object(options, '', KEYS);
  const filename = resolve(readPath(executable, reader, 'executable'));
  const texts = reader.list(args, 'args', (arg, at) => readText(arg, at, reader));
  const variables = Object.freeze({ ...DEFAULT_ENV, ...readEnv(env, reader) });
  const own = readFiles(files, reader);
  const ofSystem = reader.boolean(system, 'system') ? systemFiles() : [];
  const { digest, interpreter } = readExecutable(filename);
  if (interpreter !== undefined && ofSystem.length > 0) checkInterpreter(interpreter, filename);
  const needed = interpreter === undefined || ofSystem.length === 0 ? [filename] : [filename, interpreter];
  return makeProgram<LinuxExports>({
    kind: 'linux',
    filename,
    executable: digest,
    files: combine(own, ofSystem, needed, reader),
    args: texts,
    env: variables,
  });
}

function readText(value: unknown, path: string, reader: OptionReader): string {
  if (typeof value !== 'string' || value.includes('\0')) reader.fail(path, 'a string without zero characters', value);
  return value;
}

function readEnv(value: unknown, reader: OptionReader): Record<string, string> {
  const variables = Object.entries(reader.object(value, 'env')).map(([name, text]) => {
    const path = joinPath('env', name);
    if (name === '' || /[=\0]/.test(name)) reader.fail(path, 'a name without `=`', name);
    return [name, readText(text, path, reader)] as const;
  });
  return Object.fromEntries(variables);
}

function readFiles(value: unknown, reader: OptionReader): LinuxFile[] {
  return Object.entries(reader.object(value, 'files')).map(([key, source]) => {
    const at = joinPath('files', key);
    const path = key.length > 1 && key.endsWith('/') ? key.slice(0, -1) : key;
    if (!isGuestPath(path)) reader.fail(at, 'an absolute path in the guest, without `.` and `..`', key);
    if (types.isUint8Array(source)) return { path, content: reader.look(at, () => new Uint8Array(source)) };
    return { path, host: readHost(source, at, reader) };
  });
}

function readHost(source: unknown, at: string, reader: OptionReader): string {
  const expected = 'a Uint8Array, or the path or file: URL of a file or directory';
  if (typeof source === 'object' && source !== null && !reader.look(at, () => source instanceof URL))
    reader.fail(at, expected, source);
  const host = resolve(readPath(source, reader, at));
  if (kindOf(host) === undefined) reader.fail(at, 'a file or directory that exists', host);
  return host;
}

function kindOf(host: string): 'file' | 'directory' | undefined {
  try {
    const stat = fs.statSync(host);
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : undefined;
  } catch {
    return undefined;
  }
}

function checkInterpreter(interpreter: string, script: string): void {
  if (isGuestPath(interpreter) && kindOf(interpreter) === 'file') return;
  throw new ColonyError('ERR_COMPILE', `${script}: its interpreter is missing: ${interpreter}`);
}

/** Returns all files of the program by path. A path of the user's replaces the machine's at it and below it. */
function combine(
  own: readonly LinuxFile[],
  ofSystem: readonly LinuxFile[],
  executables: readonly string[],
  reader: OptionReader,
): readonly LinuxFile[] {
  const kept = ofSystem.filter(({ path }) => !own.some((file) => isWithin(file.path, path)));
  const files = new Map(kept.map((file) => [file.path, file]));
  const links = kept.flatMap((file) => ('link' in file ? [file] : []));
  for (const file of own.map((given) => placed(given, links))) {
    if (files.has(file.path) || file.path === executables[0]) {
      reader.fail(joinPath('files', file.path), 'a path of its own: it is the executable, or given twice', file.path);
    }
    files.set(file.path, file);
  }
  for (const path of executables) {
    const file = placed({ path, host: path }, links);
    if (!files.has(file.path)) files.set(file.path, file);
  }
  const all = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  checkPlaces(all, reader);
  return Object.freeze(all.map((file) => Object.freeze(file)));
}

/** Moves a file below a link of the machine, such as `/lib`, to where the link leads. */
function placed<File extends LinuxFile>(file: File, links: readonly { path: string; link: string }[]): File {
  const link = links.find(({ path }) => isWithin(path, file.path) && path !== file.path);
  return link === undefined ? file : { ...file, path: resolve('/', link.link) + file.path.slice(link.path.length) };
}

function checkPlaces(files: readonly LinuxFile[], reader: OptionReader): void {
  const leaves = new Set(files.filter(isLeaf).map(({ path }) => path));
  for (const { path } of files) {
    const leaf = above(path).find((directory) => leaves.has(directory));
    if (leaf !== undefined) reader.fail(joinPath('files', leaf), `a directory, because ${path} lies below it`, leaf);
  }
  const places = topmost(files).length;
  if (places > MOST_PLACES) {
    reader.fail('files', `at most ${MOST_PLACES} separate places: put files into a directory, and give that`, places);
  }
}

const isLeaf = (file: LinuxFile) => 'content' in file || ('host' in file && kindOf(file.host) === 'file');

/** Returns the files that lie below no other. */
export function topmost(files: readonly LinuxFile[]): readonly LinuxFile[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.filter(({ path }) => !above(path).some((directory) => paths.has(directory)));
}
