/** Finds the tools of C programs for wasm32: clang, its linker, and wasi-libc if it is installed. */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { type Compiler, execute } from '../toolchain.js';
import { onPath } from '../tools/on-path.js';
import { keptTools, type Looked } from './kept-tools.js';

export interface ClangToolchain {
  readonly compiler: Compiler;
  readonly linker: string;
  /** The compiler's own headers (stdint.h, stdarg.h). */
  readonly include: string;
  /** Absent if no wasi-libc is installed. */
  readonly libc: WasiLibc | undefined;
  /** The compiler's own arithmetic (128 bits, long double); absent if it is not installed. */
  readonly builtins: string | undefined;
  /** Changes if a build could change. */
  readonly id: string;
}

export interface WasiLibc {
  readonly include: string;
  readonly lib: string;
}

const REMEDY =
  'install clang and lld (Debian and Ubuntu: apt-get install clang lld wasi-libc libclang-rt-dev-wasm32) or set COLONY_CLANG to a clang that makes wasm32 code';

/** Debian's names, newest first. A name without a version is the system's default clang. */
const NAMES = ['clang', ...Array.from({ length: 8 }, (_, i) => `clang-${21 - i}`)];

/** Debian and Ubuntu, then Fedora, then wasi-sdk. */
const PLACES: readonly WasiLibc[] = [
  { include: '/usr/include/wasm32-wasi', lib: '/usr/lib/wasm32-wasi' },
  { include: '/usr/wasm32-wasi/include', lib: '/usr/wasm32-wasi/lib/wasm32-wasi' },
  { include: '/opt/wasi-sdk/share/wasi-sysroot/include', lib: '/opt/wasi-sdk/share/wasi-sysroot/lib/wasm32-wasi' },
];

const toolchains = new Map<string, Promise<ClangToolchain>>();

/**
 * Finds the toolchain. COLONY_CLANG names the compiler. COLONY_WASI_SYSROOT names another place for wasi-libc (with
 * include/ and lib/wasm32-wasi/libc.a), or is `none`.
 * @throws ColonyError ERR_COMPILE, with the remedy.
 */
export function findClangToolchain(): Promise<ClangToolchain> {
  const { COLONY_CLANG, COLONY_WASI_SYSROOT } = process.env;
  const key = JSON.stringify([COLONY_CLANG, COLONY_WASI_SYSROOT]);
  let toolchain = toolchains.get(key);
  if (toolchain === undefined) {
    toolchain = keptTools(
      ['clang with headers', COLONY_CLANG, COLONY_WASI_SYSROOT],
      () => look(COLONY_CLANG, COLONY_WASI_SYSROOT),
      witnessesOf(COLONY_CLANG, COLONY_WASI_SYSROOT),
    );
    toolchains.set(key, toolchain);
    toolchain.catch(() => toolchains.delete(key));
  }
  return toolchain;
}

async function look(clang: string | undefined, sysroot: string | undefined): Promise<Looked<ClangToolchain>> {
  const [compiler, libc] = await Promise.all([findClang(clang), findLibc(sysroot)]);
  const [linker, place, include] = await Promise.all([
    findLinker(compiler),
    placeOfBuiltins(compiler),
    placeOfHeaders(compiler),
  ]);
  const builtins = (await exists(place)) ? place : undefined;
  const id = createHash('sha256').update(JSON.stringify([compiler, linker, include]));
  for (const file of [libc && join(libc.lib, 'libc.a'), builtins]) {
    if (file !== undefined) id.update(await readFile(file));
  }
  return { tools: { compiler, linker, include, libc, builtins, id: id.digest('hex') }, seen: [linker, place, include] };
}

/** All files that decide the result, except those that the compiler itself names: its linker and its built-ins. */
const witnessesOf = (clang: string | undefined, sysroot: string | undefined): string[] => [
  ...(clang === undefined ? [...NAMES, 'wasm-ld'] : [clang, 'wasm-ld']).flatMap(onPath),
  ...placesOf(sysroot).flatMap(({ include, lib }) => [join(lib, 'libc.a'), join(include, 'stdio.h')]),
];

const placesOf = (sysroot: string | undefined): readonly WasiLibc[] => {
  if (sysroot === 'none') return [];
  if (sysroot === undefined) return PLACES;
  return [{ include: join(sysroot, 'include'), lib: join(sysroot, 'lib/wasm32-wasi') }];
};

async function findClang(named: string | undefined): Promise<Compiler> {
  for (const path of named === undefined ? NAMES : [named]) {
    const version = await execute(path, ['--version']);
    if (version.code === 'ENOENT') continue;
    const targets = await execute(path, ['--print-targets']);
    if (version.code === 0 && /\bwasm32\b/.test(targets.stdout))
      return { path, version: version.stdout.split('\n', 1)[0]! };
    throw new ColonyError('ERR_COMPILE', `\`${path}\` is not a clang that makes wasm32 code; ${REMEDY}`);
  }
  throw new ColonyError('ERR_COMPILE', `no clang: \`${named ?? 'clang'}\` was not found; ${REMEDY}`);
}

async function findLinker(compiler: Compiler): Promise<string> {
  const { stdout } = await execute(compiler.path, ['-print-prog-name=wasm-ld']);
  const path = stdout.trim();
  if ((await execute(path, ['--version'])).code !== 0) {
    throw new ColonyError('ERR_COMPILE', `\`${compiler.path}\` has no wasm-ld; ${REMEDY}`);
  }
  return path;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Asks the compiler for the path at which it expects its built-ins. */
async function placeOfBuiltins(compiler: Compiler): Promise<string> {
  const { stdout } = await execute(compiler.path, ['--target=wasm32-wasi', '-print-libgcc-file-name']);
  return stdout.trim();
}

async function placeOfHeaders(compiler: Compiler): Promise<string> {
  const { stdout } = await execute(compiler.path, ['-print-resource-dir']);
  return join(stdout.trim(), 'include');
}

async function findLibc(sysroot: string | undefined): Promise<WasiLibc | undefined> {
  for (const place of placesOf(sysroot)) {
    if ((await exists(join(place.lib, 'libc.a'))) && (await exists(join(place.include, 'stdio.h')))) return place;
  }
  return undefined;
}
