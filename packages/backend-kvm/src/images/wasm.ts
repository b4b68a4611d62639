/** A Wasm module becomes a virtine image: wasm2c, gcc, and our runtime around it. Cached by content. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, contentKey, defaultCacheDir } from './cache.js';
import { type Compiler, compile, findCompiler } from './toolchain.js';
import { bindings } from './wasm-bindings.js';
import { type WasmFacts, wabtVersion, wasmToC } from './wasm2c.js';

const guestDir = fileURLToPath(new URL('../../guest/', import.meta.url));

/** Code for any x86-64 of the last fifteen years, on which floor, sqrt and popcount are instructions. */
const FLAGS = words(`-std=gnu11 -O2 -msse4.2 -mpopcnt -ffp-contract=off -fno-math-errno -fno-pic -fno-pie
  -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables`);
const RUNTIME_FLAGS = words('-ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections');
const LINK = words('-nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--gc-sections');
const INCLUDES = ['wasm', 'include', 'runtime/include', ''].flatMap((folder) => ['-I', join(guestDir, folder)]);

const BOOT = words('boot/entry.S boot/hypercall.S boot/note.S wasm/wasm-rt.c wasm/string.c');
/** The C guest runtime, which serves the frames of a module that has no glue of its own. */
const NATIVE_RUNTIME = words(`wasm/malloc.c runtime/main.c runtime/serve.c runtime/arguments.c runtime/result.c
  runtime/throw.c runtime/hypercall.c runtime/invoke.S runtime/cbor_read.c runtime/cbor_write.c runtime/utf8.c
  runtime/exit.c runtime/heap.c`);
/** What the sources include: counts for the key. */
const HEADERS = words(`boot/hypercall.h boot/virtine.ld wasm/wasm-rt.h engine/glue.h include/colony/abi.h
  include/colony/virtine.h runtime/runtime.h runtime/cbor.h runtime/heap.h runtime/utf8.h`);

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
  readonly folder: string;
  readonly facts: WasmFacts;
}

interface ImageBuild {
  readonly compiler: Compiler;
  readonly module: CompiledModule;
  readonly name: string;
  readonly sources: readonly string[];
  readonly options: WasmImageOptions;
}

/** @returns the path of the image, an ELF file, in the cache. */
export async function buildWasmImage(options: WasmImageOptions): Promise<string> {
  const compiler = await findCompiler();
  const name = options.name ?? 'program';
  const cacheDir = join(options.cacheDir ?? defaultCacheDir(), 'wasm');
  const module = await compileModule(compiler, options.module, name, cacheDir);
  const sources = [...BOOT, ...(options.glue ?? NATIVE_RUNTIME)];
  const inputs = await readInputs(sources, options.defines ?? {});
  const key = contentKey([
    module.folder,
    JSON.stringify([name, options.stackSize, sources, FLAGS, RUNTIME_FLAGS, LINK]),
    ...inputs,
  ]);
  const build: ImageBuild = { compiler, module, name, sources, options };
  const folder = await cached(cacheDir, key, (aside) => link(build, aside));
  return join(folder, `${name}.elf`);
}

/** The long part, kept apart from the glue so that a change there costs no second. */
async function compileModule(
  compiler: Compiler,
  module: Uint8Array,
  name: string,
  cacheDir: string,
): Promise<CompiledModule> {
  const interfaces = await readFile(join(guestDir, 'wasm/wasm-rt.h'));
  const key = contentKey([module, name, wabtVersion, interfaces, compiler.version, FLAGS.join(' ')]);
  const folder = await cached(cacheDir, key, async (aside) => {
    const facts = await wasmToC(module, name, aside);
    const object = join(aside, `${name}.wasm.o`);
    await compile(
      compiler,
      [...FLAGS, '-w', ...INCLUDES, '-c', join(aside, `${name}.wasm.c`), '-o', object],
      'wasm2c output',
    );
    await writeFile(join(aside, 'facts.json'), JSON.stringify(facts));
  });
  return { folder, facts: JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8')) as WasmFacts };
}

/** Everything the image is made of besides the module, for the key. */
function readInputs(sources: readonly string[], defines: Readonly<Record<string, string>>): Promise<Uint8Array[]> {
  const files = Object.values(defines).filter(isFile).map(filePath);
  return Promise.all(
    [...[...sources, ...HEADERS].map((path) => join(guestDir, path)), ...files].map((path) => readFile(path)),
  );
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

async function link(build: ImageBuild, folder: string): Promise<void> {
  const { compiler, module, name, sources, options } = build;
  const paths = sources.map((path) => join(guestDir, path));
  if (options.glue === undefined) {
    const file = join(folder, 'bindings.c');
    await writeFile(file, bindings(name, await readFile(join(module.folder, `${name}.wasm.h`), 'utf8')));
    paths.push(file);
  }
  const flags = [...FLAGS, ...RUNTIME_FLAGS, '-I', module.folder, ...INCLUDES, ...macros(module.facts, options)];
  const object = join(module.folder, `${name}.wasm.o`);
  const output = ['-T', join(guestDir, 'boot/virtine.ld'), '-o', join(folder, `${name}.elf`)];
  await compile(compiler, [...flags, ...paths, object, ...LINK, ...output], `the image of ${name}`);
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
