/** A Wasm module becomes a virtine image: wasm2c, gcc, and our runtime around it. Cached by content. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GUEST_FLAGS, guestFolder } from './c-runtime.js';
import { cached, contentKey, defaultCacheDir } from './cache.js';
import { type Compiler, compile, findCompiler } from './toolchain.js';
import { bindings } from './wasm-bindings.js';
import { type WasmFacts, wasm2cVersion, wasmToC } from './wasm2c.js';

/** Code for any x86-64 of the last fifteen years, on which floor, sqrt and popcount are instructions. */
const FLAGS = [...words('-std=gnu11 -O2 -msse4.2 -mpopcnt -ffp-contract=off -fno-math-errno'), ...GUEST_FLAGS];
const RUNTIME_FLAGS = words('-ffreestanding -fno-tree-loop-distribute-patterns');
const LINK = words('-nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--gc-sections');
const INCLUDES = ['wasm', 'include', 'runtime/include', ''].flatMap((folder) => ['-I', join(guestFolder, folder)]);

const BOOT = words('boot/entry.S boot/hypercall.S boot/note.S wasm/wasm-rt.c wasm/string.c');
/** The C guest runtime, which serves the frames of a module that has no glue of its own. */
const NATIVE_RUNTIME = words(`wasm/malloc.c runtime/main.c runtime/serve.c runtime/arguments.c runtime/result.c
  runtime/throw.c runtime/hypercall.c runtime/invoke.S runtime/cbor_read.c runtime/cbor_write.c runtime/utf8.c
  runtime/exit.c runtime/heap.c`);
/** Where sources and what they include lie: every file counts for the key. */
const SOURCE_FOLDERS = words('boot wasm engine runtime runtime/include include/colony');

/** Entries that a table may grow by. */
const TABLE_SLACK = 256;
const WASM_PAGE = 65536;
const DEFAULT_STACK = 1 << 20;

export interface WasmImageOptions {
  readonly module: Uint8Array;
  /** C identifier; names the module's functions in the image's symbols. */
  readonly name?: string;
  readonly stackSize?: number;
  /** Sources, relative to guest/, that use the module; without them, its exports are the image's functions. */
  readonly glue?: readonly string[];
  /** Preprocessor macros of the glue. Values that begin with `file:` are paths whose content counts. */
  readonly defines?: Readonly<Record<string, string>>;
  readonly cacheDir?: string;
}

interface CompiledModule {
  readonly key: string;
  readonly folder: string;
  readonly facts: WasmFacts;
}

interface ImageBuild {
  readonly compiler: Compiler;
  readonly module: CompiledModule;
  readonly name: string;
  readonly options: WasmImageOptions;
  /** Of a module without glue. */
  readonly bindings: string | undefined;
}

/** @returns the path of the image, an ELF file, in the cache. */
export async function buildWasmImage(options: WasmImageOptions): Promise<string> {
  const compiler = await findCompiler();
  const name = options.name ?? 'program';
  const cacheDir = join(options.cacheDir ?? defaultCacheDir(), 'wasm');
  const module = await compileModule(compiler, options.module, name, cacheDir);
  const build: ImageBuild = { compiler, module, name, options, bindings: await bindingsFor(module, name, options) };
  const key = await imageKey(build);
  const folder = await cached(cacheDir, key, (aside) => link(build, aside));
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

/** The long part, kept apart from the glue so that a change there costs no second. */
async function compileModule(
  compiler: Compiler,
  module: Uint8Array,
  name: string,
  cacheDir: string,
): Promise<CompiledModule> {
  const interfaces = await readFile(join(guestFolder, 'wasm/wasm-rt.h'));
  const key = contentKey([module, name, wasm2cVersion, interfaces, compiler.version, FLAGS.join(' ')]);
  const folder = await cached(cacheDir, key, async (aside) => {
    const facts = await wasmToC(module, name, aside);
    const object = join(aside, `${name}.wasm.o`);
    await compile(
      compiler,
      [...FLAGS, '-w', ...INCLUDES, '-c', join(aside, `${name}.wasm.c`), '-o', object],
      'wasm2c output',
    );
    await rm(join(aside, `${name}.wasm.c`));
    await writeFile(join(aside, 'facts.json'), JSON.stringify(facts));
  });
  return { key, folder, facts: JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8')) as WasmFacts };
}

/** Over everything the image is made of. Paths of files do not count, their content does. */
async function imageKey({ module, name, options, bindings }: ImageBuild): Promise<string> {
  const { stackSize = DEFAULT_STACK, glue = [], defines = {} } = options;
  const values = Object.entries(defines).map(([macro, value]) => [macro, isFile(value) ? '' : value]);
  const names = JSON.stringify([name, stackSize, glue, values, FLAGS, RUNTIME_FLAGS, LINK]);
  const contents = await Promise.all(
    Object.values(defines)
      .filter(isFile)
      .map(filePath)
      .map((path) => readFile(path)),
  );
  return contentKey([module.key, names, bindings ?? '', ...contents, ...(await sourceTree())]);
}

async function sourceTree(): Promise<(string | Uint8Array)[]> {
  const files = SOURCE_FOLDERS.map(async (folder) => {
    const names = (await readdir(join(guestFolder, folder))).filter((name) => /\.(c|h|S|ld)$/.test(name)).sort();
    return Promise.all(names.map(async (name) => [name, await readFile(join(guestFolder, folder, name))]));
  });
  return (await Promise.all(files)).flat(2);
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

async function link({ compiler, module, name, options, bindings }: ImageBuild, folder: string): Promise<void> {
  const paths = [...BOOT, ...(options.glue ?? NATIVE_RUNTIME)].map((path) => join(guestFolder, path));
  if (bindings !== undefined) {
    paths.push(join(folder, 'bindings.c'));
    await writeFile(join(folder, 'bindings.c'), bindings);
  }
  const flags = [...FLAGS, ...RUNTIME_FLAGS, '-I', module.folder, ...INCLUDES, ...macros(module.facts, options)];
  const object = join(module.folder, `${name}.wasm.o`);
  const output = ['-T', join(guestFolder, 'boot/virtine.ld'), '-o', join(folder, `${name}.elf`)];
  await compile(compiler, [...flags, ...paths, object, ...LINK, ...output], `the image of ${name}`);
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
