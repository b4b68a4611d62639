/** Compiles the guest's C runtime for wasm32, once per compiler and version of its sources. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cached, contentKey } from '../cache.js';
import { guestFolder } from '../package.js';
import { compile } from '../toolchain.js';
import type { Job } from './builder.js';
import type { ClangToolchain } from './clang-toolchain.js';
import { objectName, readSources } from './runtime.js';

const MAIN = ['boot/wasm32', 'runtime', 'runtime/declared', 'runtime/wasm32'];
const LIBC = ['runtime/libc', 'runtime/wasm32/libc'];
const HEADERS = ['boot', 'runtime/include', 'include/colony'];

/**
 * Flags for every object. They use only features that all engines have had for years. They keep clang from using
 * memory.copy for every memcpy: see runtime/wasm32/mem.c.
 */
export const WASM_FLAGS: readonly string[] = [
  '--target=wasm32-wasi',
  '-mmutable-globals',
  '-msign-ext',
  '-mnontrapping-fptoint',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-color-diagnostics',
];

const RUNTIME_FLAGS = ['-std=gnu2x', '-O2', '-ffreestanding', '-fno-builtin', '-nostdlibinc'];
const WEAK = join(guestFolder, 'runtime/wasm32/weak.h');

/** Objects, because an archive needs a tool that neither clang nor its linker includes. */
export interface WasmRuntime {
  readonly objects: readonly string[];
  /** Objects that only a program with a libc needs. */
  readonly libcObjects: readonly string[];
}

/** Content hash of the runtime and the headers. */
export async function hashWasmRuntime(): Promise<string> {
  const files = await Promise.all([...MAIN, ...LIBC, ...HEADERS].map(readSources));
  return contentKey(files.flat());
}

export async function buildWasmRuntime(
  toolchain: ClangToolchain,
  hash: string,
  { cache, signal }: Pick<Job, 'cache' | 'signal'>,
): Promise<WasmRuntime> {
  const [main, libc] = await Promise.all([list(MAIN), list(LIBC)]);
  const names = [...main, ...libc].map(objectName);
  const key = contentKey(['wasm32', toolchain.id, hash, ...names, ...WASM_FLAGS, ...RUNTIME_FLAGS]);
  const build = async (aside: string, ended: AbortSignal) => {
    for (const source of [...main, ...libc]) await compileOne(toolchain, source, aside, ended);
  };
  const folder = await cached(join(cache, 'c-runtime'), key, build, signal);
  return {
    objects: main.map((source) => objectIn(folder, source)),
    libcObjects: libc.map((source) => objectIn(folder, source)),
  };
}

const objectIn = (folder: string, source: string) => join(folder, objectName(source));

async function list(folders: readonly string[]): Promise<string[]> {
  const lists = folders.map(async (folder) => {
    const names = (await readdir(join(guestFolder, folder))).filter((name) => name.endsWith('.c')).sort();
    return names.map((name) => join(guestFolder, folder, name));
  });
  return (await Promise.all(lists)).flat();
}

function compileOne(toolchain: ClangToolchain, source: string, folder: string, signal: AbortSignal): Promise<void> {
  const own = ['include', '', 'runtime', 'runtime/wasm32'].flatMap((path) => ['-I', join(guestFolder, path)]);
  const includes = [...own, '-isystem', join(guestFolder, 'runtime/include')];
  const bulk = basename(source) === 'mem.c' ? ['-mbulk-memory'] : [];
  const map = `-ffile-prefix-map=${guestFolder}=colony`;
  const args = [...RUNTIME_FLAGS, ...WASM_FLAGS, ...bulk, map, ...includes, '-include', WEAK, '-c', source, '-o'];
  const places = { reads: [guestFolder], writes: [folder], signal };
  return compile(toolchain.compiler, [...args, objectIn(folder, source)], `the guest's ${basename(source)}`, places);
}
