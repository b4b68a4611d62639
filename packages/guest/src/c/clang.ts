/**
 * Builds C programs for wasm32 with clang, and as much of wasi-libc as the program uses. The host's four imports are
 * the only ones.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { contentKey } from '../cache.js';
import { guestFolder } from '../package.js';
import {
  type Builder,
  type Built,
  compileFiles,
  type Job,
  objectsOf,
  PROGRAM_FLAGS,
  placesOf,
  reproducible,
} from './builder.js';
import { type ClangToolchain, findClangToolchain } from './clang-toolchain.js';
import { type Compilation, checkBeforehand, checkedInputs, dependenciesOf, readsOf } from './inputs.js';
import { runCompiler } from './toolchain.js';
import { buildWasmRuntime, hashWasmRuntime, WASM_FLAGS, type WasmRuntime } from './wasm-runtime.js';

const COMPILE_FLAGS = [...PROGRAM_FLAGS, '-ferror-limit=20'];

/** The assembler in clang reads files (`.incbin`). An empty `__asm__`, which only orders memory accesses, stays allowed. */
const NO_ASSEMBLY = '-fno-gnu-inline-asm';

/** Imports that a module may have; see boot/wasm32/imports.h. */
const IMPORTS = ['hypercall', 'abort', 'protect', 'throw'].map((name) => `colony.${name}`);

const LINK_FLAGS = ['--no-entry', '--stack-first', '--gc-sections', '--strip-all', '--export=__stack_pointer'];

/** @throws ColonyError ERR_COMPILE without clang, with the remedy. */
export async function clangBuilder(): Promise<Builder> {
  const [toolchain, runtimeHash] = await Promise.all([findClangToolchain(), hashWasmRuntime()]);
  return {
    id: contentKey([toolchain.id, runtimeHash, JSON.stringify([COMPILE_FLAGS, WASM_FLAGS, NO_ASSEMBLY, LINK_FLAGS])]),
    extension: '.wasm',
    build: async (job) => build(toolchain, await buildWasmRuntime(toolchain, runtimeHash, job), job),
  };
}

async function build(toolchain: ClangToolchain, runtime: WasmRuntime, job: Job): Promise<Built> {
  const inputs = await compileFiles(job, (file, output) => compileFile(toolchain, job, file, output));
  const objects = await Promise.all(objectsOf(job).map((path) => readFile(path, 'latin1')));
  const object = objects.join('');
  const records = [...new Set(object.match(/colony_export_\w+/g))];
  if (records.length === 0) return { image: new Uint8Array(), inputs, exports: 0 };
  const image = await link(toolchain, runtime, job, object, records);
  checkImports(image);
  return { image, inputs, exports: records.length };
}

async function compileFile(
  toolchain: ClangToolchain,
  job: Job,
  file: string,
  output: string,
): Promise<readonly string[]> {
  const unit = unitOf(toolchain, job, file);
  await checkBeforehand(job, unit);
  const places = placesOf(job, [...readsOf(job), ...unit.system]);
  const args = [...unit.flags, ...dependenciesOf(output), '-c', file, '-o', output];
  const { ok, stderr } = await runCompiler(toolchain.compiler, args, places);
  if (!ok) throw new ColonyError('ERR_COMPILE', stderr.trim() + missingHeaderRemedy(toolchain, stderr));
  return await checkedInputs(job, unit, output);
}

function unitOf({ compiler, include, libc }: ClangToolchain, job: Job, file: string): Compilation {
  const headers = [join(guestFolder, 'include'), libc?.include ?? join(guestFolder, 'runtime/include')];
  const includes = ['-nostdlibinc', ...headers.flatMap((path) => ['-isystem', path])];
  const flags = [...COMPILE_FLAGS, ...job.flags, ...WASM_FLAGS, NO_ASSEMBLY, ...reproducible(job, file), ...includes];
  return { compiler: compiler.path, file, flags, system: [...headers, include, guestFolder] };
}

const INSTALL_LIBC =
  'a C program that uses the C library needs wasi-libc: `apt-get install wasi-libc` (or set COLONY_WASI_SYSROOT)';

function missingHeaderRemedy(toolchain: ClangToolchain, stderr: string): string {
  const missing = toolchain.libc === undefined && /fatal error: '\S+\.h' file not found/.test(stderr);
  return missing ? `\n${INSTALL_LIBC}` : '';
}

/**
 * Links without a libc first. It adds a libc only if a symbol is missing, because a libc has data that every call
 * restores.
 */
async function link(
  toolchain: ClangToolchain,
  runtime: WasmRuntime,
  job: Job,
  object: string,
  records: readonly string[],
): Promise<Uint8Array> {
  const output = join(job.work, 'image.wasm');
  const named = records.map((record) => `--export-if-defined=${record}`);
  const flags = [...LINK_FLAGS, '-z', `stack-size=${job.stackSize}`, ...named, '-o', output];
  const program = objectsOf(job);
  const builtins = toolchain.builtins === undefined ? [] : [toolchain.builtins];
  const bare = await runLinker(toolchain, job, [...flags, ...program, ...runtime.objects, ...builtins]);
  if (bare.ok) return new Uint8Array(await readFile(output));
  if (toolchain.libc === undefined) throw new ColonyError('ERR_COMPILE', linkMessage(bare.stderr, toolchain));
  // Objects, not an archive: so the libc's own parts also use the runtime's malloc and exit, not the libc's.
  const objects = [...runtime.objects, ...runtime.libcObjects, ...libcArchives(toolchain.libc.lib, object)];
  const full = await runLinker(toolchain, job, [...flags, ...program, ...objects, ...builtins]);
  if (full.ok) return new Uint8Array(await readFile(output));
  throw new ColonyError('ERR_COMPILE', linkMessage(full.stderr, toolchain));
}

/**
 * wasi-libc keeps a printf with long double, which is larger and slower, in its own archive. Only formats that use long
 * double need it.
 */
function libcArchives(lib: string, object: string): string[] {
  const longDouble = /%[-+ #0-9.*]*L[aefg]/i.test(object) ? ['libc-printscan-long-double.a'] : [];
  return [...longDouble, 'libc.a'].map((name) => join(lib, name));
}

function runLinker({ linker }: ClangToolchain, job: Job, args: readonly string[]): ReturnType<typeof runCompiler> {
  const reads = args.filter((path) => path.startsWith('/'));
  return runCompiler({ path: linker }, args, placesOf(job, reads));
}

function linkMessage(stderr: string, toolchain: ClangToolchain): string {
  const undefinedNames = [...stderr.matchAll(/undefined symbol: (\S+)/g)].map((match) => match[1]!);
  if (undefinedNames.length === 0) return stderr.trim();
  const names = [...new Set(undefinedNames)].join(', ');
  if (toolchain.libc === undefined) return `undefined: ${names}\n${INSTALL_LIBC}`;
  return `neither the program nor the C library defines ${names}\n${stderr.trim()}`;
}

/** Refuses invalid modules. The linker makes them of programs that, for instance, call their data. */
function checkImports(image: Uint8Array): void {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(image);
  } catch (cause) {
    throw new ColonyError('ERR_COMPILE', `the linker made an invalid module: ${(cause as Error).message}`, { cause });
  }
  const foreign = WebAssembly.Module.imports(module)
    .map(({ module, name }) => `${module}.${name}`)
    .filter((name) => !IMPORTS.includes(name));
  if (foreign.length === 0) return;
  throw new ColonyError(
    'ERR_COMPILE',
    `the program imports ${foreign.join(', ')}: a guest's requests to the host go through colony_call`,
  );
}
