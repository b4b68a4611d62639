/** Finds the tools of C programs: the compiler, and the static libc if it is installed. */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Compiler, execute, findCompiler } from '../toolchain.js';
import { onPath } from '../tools/on-path.js';
import { type Places, runTool } from '../tools/run.js';
import { keptTools, type Looked } from './kept-tools.js';

export interface CToolchain {
  readonly compiler: Compiler;
  /** The compiler's own headers (stdint.h, stdarg.h). */
  readonly include: string;
  /** Absent if musl is not installed. */
  readonly musl: Musl | undefined;
  /** Changes if a build could change. */
  readonly id: string;
}

export interface Musl {
  readonly include: string;
  readonly archive: string;
}

/** Debian and Ubuntu, then Alpine and others, then musl's own default. */
const MUSL_PLACES: readonly Musl[] = [
  { include: '/usr/include/x86_64-linux-musl', archive: '/usr/lib/x86_64-linux-musl/libc.a' },
  { include: '/usr/lib/musl/include', archive: '/usr/lib/musl/lib/libc.a' },
  { include: '/usr/local/musl/include', archive: '/usr/local/musl/lib/libc.a' },
];

const toolchains = new Map<string, Promise<CToolchain>>();

/**
 * Finds the toolchain. CC names the compiler (default gcc). COLONY_MUSL names another place for musl (with include/ and
 * lib/libc.a), or is `none`.
 * @throws ColonyError ERR_COMPILE, with the remedy.
 */
export function findCToolchain(): Promise<CToolchain> {
  const muslFolder = process.env.COLONY_MUSL;
  const key = JSON.stringify([process.env.CC, muslFolder]);
  let toolchain = toolchains.get(key);
  if (toolchain === undefined) {
    toolchain = keptTools(['gcc', process.env.CC, muslFolder], () => look(muslFolder), witnessesOf(muslFolder));
    toolchains.set(key, toolchain);
    toolchain.catch(() => toolchains.delete(key));
  }
  return toolchain;
}

async function look(muslFolder: string | undefined): Promise<Looked<CToolchain>> {
  const [compiler, musl] = await Promise.all([findCompiler(), findMusl(muslFolder)]);
  const { stdout } = await execute(compiler.path, ['-print-file-name=include']);
  const include = stdout.trim();
  const id = createHash('sha256').update(JSON.stringify([compiler.path, compiler.version, include]));
  if (musl !== undefined) id.update(await readFile(musl.archive));
  return { tools: { compiler, include, musl, id: id.digest('hex') }, seen: [include] };
}

/** All files that decide the result: the possible paths of the compiler, and each place of musl. */
const witnessesOf = (folder: string | undefined): string[] => [
  ...onPath(process.env.CC ?? 'gcc'),
  ...placesOfMusl(folder).flatMap(({ include, archive }) => [archive, join(include, 'stdio.h')]),
];

const placesOfMusl = (folder: string | undefined): readonly Musl[] => {
  if (folder === 'none') return [];
  if (folder === undefined) return MUSL_PLACES;
  return [{ include: join(folder, 'include'), archive: join(folder, 'lib/libc.a') }];
};

async function findMusl(folder: string | undefined): Promise<Musl | undefined> {
  for (const place of placesOfMusl(folder)) {
    const there = await Promise.all([access(place.archive), access(join(place.include, 'stdio.h'))]).then(
      () => true,
      () => false,
    );
    if (there) return place;
  }
  return undefined;
}

/** Runs a compiler or a linker on files of a program. */
export async function runCompiler(
  { path }: Pick<Compiler, 'path'>,
  args: readonly string[],
  places: Places,
): Promise<{ ok: boolean; stderr: string }> {
  const { code, stderr } = await runTool({ file: path, args, ...places });
  return { ok: code === 0, stderr };
}
