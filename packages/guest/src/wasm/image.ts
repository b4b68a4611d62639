/** Compiles a Wasm module to native code of a target, with wasm2c, gcc and Colony's runtime. Cached by content. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GUEST_FLAGS, readSources } from '../c/runtime.js';
import { cached, contentKey, defaultCacheDir } from '../cache.js';
import { guestFolder } from '../package.js';
import { NATIVE_TARGETS, type NativeTarget } from '../targets.js';
import { type Compiler, compile, findCompiler } from '../toolchain.js';
import { bindings } from './bindings.js';
import { readWasmImageOptions, type WasmImageOptions } from './options.js';
import { type WasmFacts, wasm2cVersion, wasmToC } from './wasm2c.js';

/** Code for any x86-64 processor of the last fifteen years, which has instructions for floor, sqrt and popcount. */
const FLAGS = [...words('-std=gnu11 -O2 -msse4.2 -mpopcnt -ffp-contract=off -fno-math-errno'), ...GUEST_FLAGS];
const RUNTIME_FLAGS = words('-ffreestanding -fno-tree-loop-distribute-patterns');
const INCLUDES = ['wasm', 'include', 'runtime/include', 'runtime', 'runtime/native', ''].flatMap((folder) => [
  '-I',
  join(guestFolder, folder),
]);

const WASM_RUNTIME = words('wasm/wasm-rt.c wasm/string.c');
/** The C guest runtime, which serves the frames of a module without glue. */
const NATIVE_RUNTIME = words(`wasm/malloc.c runtime/session.c runtime/serve.c runtime/arguments.c runtime/values.c
  runtime/result.c runtime/throw.c runtime/hypercall.c runtime/cbor_read.c runtime/cbor_write.c runtime/cbor_double.c runtime/numbers.c runtime/utf8.c
  runtime/exit.c runtime/heap.c runtime/native/main.c runtime/native/invoke.S runtime/native/protect.c`);
/**
 * Folders of sources and of the files that they include, besides the target's boot folder. All files count for the key.
 */
const SOURCE_FOLDERS = words('boot wasm runtime runtime/native runtime/include include/colony');

/** Number of entries that a table may grow by. */
const TABLE_SLACK = 256;
const WASM_PAGE = 65536;
const DEFAULT_STACK = 1 << 20;

interface CompiledModule {
  readonly key: string;
  readonly folder: string;
  readonly facts: WasmFacts;
}

interface ImageBuild {
  readonly compiler: Compiler;
  readonly target: NativeTarget;
  readonly module: CompiledModule;
  readonly name: string;
  readonly options: WasmImageOptions;
  /** For a module without glue. */
  readonly bindings: string | undefined;
}

/** @returns the path of the image, an ELF file, in the cache. */
export async function buildWasmImage(unchecked: WasmImageOptions): Promise<string> {
  const options = readWasmImageOptions(unchecked);
  const target = NATIVE_TARGETS[options.target ?? 'virtine'];
  const compiler = await findCompiler();
  const name = options.name ?? 'program';
  const cacheDir = join(options.cacheDir ?? defaultCacheDir(), 'wasm');
  const module = await compileModule(compiler, options, name, cacheDir);
  const bindings = await bindingsFor(module, name, options);
  const build: ImageBuild = { compiler, target, module, name, options, bindings };
  const key = await imageKey(build);
  const folder = await cached(cacheDir, key, (aside, ended) => link(build, aside, ended), options.signal);
  return join(folder, `${name}.elf`);
}

async function bindingsFor(
  module: CompiledModule,
  name: string,
  options: WasmImageOptions,
): Promise<string | undefined> {
  if (options.glue !== undefined) return undefined;
  return bindings(name, await readFile(join(module.folder, `${name}.wasm.h`), 'utf8'));
}

/**
 * Compiles the module. This takes longest, so it is cached apart from the glue: a change of the glue does not repeat
 * it.
 */
async function compileModule(
  compiler: Compiler,
  { module, buildTime, signal }: WasmImageOptions,
  name: string,
  cacheDir: string,
): Promise<CompiledModule> {
  const interfaces = await readFile(join(guestFolder, 'wasm/wasm-rt.h'));
  const key = contentKey([module, name, wasm2cVersion(), interfaces, compiler.version, FLAGS.join(' ')]);
  const build = async (aside: string, ended: AbortSignal) => {
    const places = { reads: [guestFolder], writes: [aside], signal: ended, limits: { time: buildTime } };
    const facts = await wasmToC(module, name, aside, places);
    const object = join(aside, `${name}.wasm.o`);
    await compile(
      compiler,
      [...FLAGS, '-w', ...INCLUDES, '-c', join(aside, `${name}.wasm.c`), '-o', object],
      'wasm2c output',
      places,
    );
    await rm(join(aside, `${name}.wasm.c`));
    await writeFile(join(aside, 'facts.json'), JSON.stringify(facts));
  };
  const folder = await cached(cacheDir, key, build, signal);
  return { key, folder, facts: JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8')) as WasmFacts };
}

/** A key over all inputs of the image. Contents of files count, their paths do not. */
async function imageKey({ target, module, name, options, bindings }: ImageBuild): Promise<string> {
  const { stackSize = DEFAULT_STACK, glue = [], defines = {} } = options;
  const values = Object.entries(defines).map(([macro, value]) => [macro, isFile(value) ? '' : value]);
  const glueNames = glue.map((path) => basename(path));
  const names = JSON.stringify([name, target, stackSize, glueNames, values, FLAGS, RUNTIME_FLAGS]);
  const contents = await Promise.all(
    Object.values(defines)
      .filter(isFile)
      .map(filePath)
      .map((path) => readFile(path)),
  );
  const folders = [target.boot, ...SOURCE_FOLDERS, ...new Set(glue.map(dirname))];
  const sources = await Promise.all(folders.map(readSources));
  return contentKey([module.key, names, bindings ?? '', ...contents, ...sources.flat()]);
}

const isFile = (value: string): boolean => value.startsWith('file:');
const filePath = (value: string): string => value.slice('file:'.length);

function macros(facts: WasmFacts, options: WasmImageOptions): string[] {
  const all = {
    COLONY_STACK_SIZE: String(options.stackSize ?? DEFAULT_STACK),
    COLONY_HEAP_BASE: 'COLONY_WASM_HEAP_BASE',
    COLONY_HEAP_INITIAL: String(facts.memoryPages * WASM_PAGE),
    COLONY_WASM_TABLE_ENTRIES: String(facts.tableEntries + TABLE_SLACK),
    ...options.defines,
  };
  return Object.entries(all).map(
    ([name, value]) => `-D${name}=${isFile(value) ? JSON.stringify(filePath(value)) : value}`,
  );
}

async function link(build: ImageBuild, folder: string, signal: AbortSignal): Promise<void> {
  const { compiler, target, module, name, options, bindings } = build;
  const boot = (await readdir(join(guestFolder, target.boot))).filter((file) => /\.(c|S)$/.test(file)).sort();
  const own = [...boot.map((file) => join(target.boot, file)), ...WASM_RUNTIME];
  const runtime = options.glue === undefined ? NATIVE_RUNTIME : [];
  const paths = [...[...own, ...runtime].map((path) => join(guestFolder, path)), ...(options.glue ?? [])];
  if (bindings !== undefined) {
    paths.push(join(folder, 'bindings.c'));
    await writeFile(join(folder, 'bindings.c'), bindings);
  }
  const flags = [...FLAGS, ...RUNTIME_FLAGS, '-I', module.folder, ...INCLUDES, ...macros(module.facts, options)];
  const object = join(module.folder, `${name}.wasm.o`);
  const script = ['-T', join(guestFolder, target.boot, 'link.ld'), '-Wl,--gc-sections'];
  const output = ['-o', join(folder, `${name}.elf`)];
  const definedFiles = Object.values(options.defines ?? {})
    .filter(isFile)
    .map(filePath);
  const reads = [guestFolder, module.folder, ...(options.glue ?? []).map(dirname), ...definedFiles].map((path) =>
    resolve(path),
  );
  const places = { reads, writes: [folder], signal, limits: { time: options.buildTime } };
  const args = [...flags, ...paths, object, ...target.linkFlags, '-fno-use-linker-plugin', ...script, ...output];
  await compile(compiler, args, `the image of ${name}`, places);
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
