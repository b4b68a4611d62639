import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { component } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { inputFile } from '../input/file.js';
import { compilerOptions, compileVirtines, hasLock, type SynthesisFlags } from '../synthesis.js';

export interface BuildFlags extends SynthesisFlags {
  readonly out: string;
  /** `--no-types`. */
  readonly types: boolean;
}

const SOURCE = /\.([cm]?)[jt]sx?$/;

export async function buildCommand(file: string, options: BuildFlags): Promise<ExitStatus> {
  const { kind } = await inputFile('build', file);
  if (options.snapshot !== undefined && !SOURCE.test(file)) throw new UsageError(ONLY_SCRIPTS);
  if (kind !== 'component') return await buildVirtines(file, options);
  const { buildComponent } = await import('@colony/backend-wasm/tools');
  const bytes = new Uint8Array(await readFile(file));
  component(bytes);
  await makeFolder(options.out);
  process.stdout.write(`${await buildComponent(bytes, options.out, basename(file))}\n`);
  return EXIT.ok;
}

/**
 * Makes a folder and its parents one by one. On a file system that refuses folders, such as /proc, the recursive
 * `mkdir` of Node before 26 never returns.
 */
async function makeFolder(folder: string): Promise<void> {
  const failure = await mkdir(folder).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  if (failure === undefined || (failure.code === 'EEXIST' && (await stat(folder)).isDirectory())) return;
  if (failure.code !== 'ENOENT' || dirname(folder) === folder) throw failure;
  await makeFolder(dirname(folder));
  await mkdir(folder);
}

const ONLY_SCRIPTS = '--snapshot: only TypeScript and JavaScript are evaluated; C and components start as they are';

const HASHED = /\.[0-9a-f]{16}\.snapshot$/;
const stemOf = (file: string) => file.replace(HASHED, '');

/** Prints the path of the JavaScript; for C, prints the result of `writeC`. */
async function buildVirtines(file: string, options: BuildFlags): Promise<ExitStatus> {
  const lock = options.lock ?? (options.accept || (await hasLock()));
  return /\.c$/.test(file) ? await buildC(file, { ...options, lock }) : await buildScript(file, { ...options, lock });
}

async function buildC(file: string, options: BuildFlags): Promise<ExitStatus> {
  const { native } = await compileVirtines(file, options);
  await makeFolder(options.out);
  const { writeC } = await import('@colony/compiler/c');
  process.stdout.write(`${await writeC(options.out, basename(file, '.c'), native!)}\n`);
  return EXIT.ok;
}

async function buildScript(file: string, { out, types, ...flags }: BuildFlags): Promise<ExitStatus> {
  const { buildProgram } = await import('@colony/compiler');
  const { files, warnings } = await buildProgram(file, { out, types }, compilerOptions(flags));
  await makeFolder(out);
  for (const { name, contents } of files) {
    await makeFolder(join(out, dirname(name)));
    await writeFile(join(out, name), contents);
  }
  for (const warning of warnings) process.stderr.write(`warning ${warning}\n`);
  await removeOld(out, new Set(files.map(({ name }) => name)));
  process.stdout.write(`${join(out, files[0]!.name)}\n`);
  return EXIT.ok;
}

/** Removes evaluated states of earlier builds of the same virtines. */
async function removeOld(folder: string, made: ReadonlySet<string>): Promise<void> {
  const stems = new Set([...made].filter((name) => HASHED.test(name)).map(stemOf));
  for (const file of await readdir(folder)) {
    if (HASHED.test(file) && stems.has(stemOf(file)) && !made.has(file)) await rm(join(folder, file));
  }
}
