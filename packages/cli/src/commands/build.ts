import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ModuleOutput } from '@colony/compiler';
import { component } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { inputFile } from '../input/file.js';
import { compileVirtines, hasLock, type SynthesisFlags } from '../synthesis.js';

const SOURCE = /\.([cm]?)[jt]sx?$/;

export async function buildCommand(file: string, options: SynthesisFlags & { out: string }): Promise<ExitStatus> {
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
 * With the folders above it, one after the other: where a file system takes none, as /proc, the recursive `mkdir` of Node
 * before 26 never returns.
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

/** Those of builds before, of the same virtines, go. */
async function writeSnapshots(folder: string, { snapshots }: ModuleOutput): Promise<void> {
  const made = new Set(snapshots.map(({ file }) => file));
  const stems = new Set(snapshots.map(({ file }) => stemOf(file)));
  for (const { file, bytes } of snapshots) await writeFile(join(folder, file), bytes);
  for (const file of await readdir(folder)) {
    if (HASHED.test(file) && stems.has(stemOf(file)) && !made.has(file)) await rm(join(folder, file));
  }
}

const HASHED = /\.[0-9a-f]{16}\.snapshot$/;
const stemOf = (file: string) => file.replace(HASHED, '');

/** JavaScript, its source map and the report, side by side; of C, what `writeC` says. Prints the JavaScript's path. */
async function buildVirtines(file: string, options: SynthesisFlags & { out: string }): Promise<ExitStatus> {
  const { reportJson, toJavaScript } = await import('@colony/compiler');
  const lock = options.lock ?? (options.accept || (await hasLock()));
  const output = await compileVirtines(file, { ...options, lock });
  if (output.native !== undefined) {
    await makeFolder(options.out);
    const { writeC } = await import('@colony/compiler/c');
    process.stdout.write(`${await writeC(options.out, basename(file, '.c'), output.native)}\n`);
    return EXIT.ok;
  }
  const { code, map } = await toJavaScript(file, output);
  const name = basename(file).replace(SOURCE, '.$1js');
  const target = join(options.out, name);
  await makeFolder(options.out);
  await writeFile(target, `${code}//# sourceMappingURL=${name}.map\n`);
  await writeFile(`${target}.map`, map);
  await writeFile(join(options.out, `${name}.virtines.json`), reportJson(output.virtines));
  await writeSnapshots(options.out, output);
  process.stdout.write(`${target}\n`);
  return EXIT.ok;
}
