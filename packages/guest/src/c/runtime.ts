/** Compiles the guest's C runtime (boot code of a target, and runtime/), once per compiler and version of its sources. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { cached, contentKey } from '../cache.js';
import { guestFolder } from '../package.js';
import type { NativeTarget } from '../targets.js';
import { compile } from '../toolchain.js';
import { runTool } from '../tools/run.js';
import type { Job, LeanRuntime } from './builder.js';
import type { CToolchain } from './toolchain.js';

/** Folders that are compiled besides the target's boot folder: always, and with a libc. Also the folders of headers. */
const MAIN = ['runtime', 'runtime/declared', 'runtime/native'];
/** Sources that only a lean runtime has, and sources that it leaves out. */
const LEAN = ['runtime/lean'];
const LEAN_HEAP = ['runtime/lean-heap'];
const NOT_LEAN = ['arguments.c', 'result.c'];
/** Sources of a lean runtime that may use vector registers, because they compute or pass floating-point numbers. */
const WITH_FLOATS = ['numbers.c', 'cbor_double.c', 'floats.c', 'hypercall.c'];
const LIBC = ['runtime/libc', 'runtime/native/libc'];
const HEADERS = ['boot', 'runtime/include', 'include/colony'];

/** Flags for every object of a guest: no position independence, nothing that needs a kernel or an unwinder. */
export const GUEST_FLAGS: readonly string[] = [
  '-fno-pic',
  '-fno-pie',
  '-fno-stack-protector',
  '-fcf-protection=none',
  '-fno-asynchronous-unwind-tables',
  '-fno-unwind-tables',
  '-ffunction-sections',
  '-fdata-sections',
  '-fdiagnostics-color=never',
];

/** `-O2` would make it a tenth faster and a third larger, and every image contains it. */
const RUNTIME_FLAGS = ['-std=gnu17', '-Os', '-ffreestanding', '-fno-tree-loop-distribute-patterns', '-nostdinc'];

/** Makes gcc write a file beside each object: calls, and bytes of stack. */
export const CALL_GRAPH = '-fcallgraph-info=su';

export interface Runtime {
  /** Members of `libcolony.a`, of which the linker takes those that are used. */
  readonly archive: string;
  /** The same as objects; `libcObjects` are those that only a program with a libc needs. */
  readonly objects: readonly string[];
  readonly libcObjects: readonly string[];
  /** Memory for frames in a lean runtime: without a heap, and in the program's heap. */
  readonly frames: { readonly arena: readonly string[]; readonly heap: readonly string[] };
}

/** Content hash of the runtime, the headers and the linker script. */
export async function hashRuntime(boot: string): Promise<string> {
  const files = await Promise.all([boot, ...MAIN, ...LEAN, ...LEAN_HEAP, ...LIBC, ...HEADERS].map(readSources));
  // The folder's path counts, too: gcc writes it into call graphs and stack usage. Another copy of this package that
  // shares the cache would take its own runtime for the program's.
  return contentKey([guestFolder, ...files.flat()]);
}

/**
 * Returns names and contents of the files that compiler and linker read in a folder. A relative folder is in this
 * package.
 */
export async function readSources(folder: string): Promise<(string | Uint8Array)[]> {
  const path = resolve(guestFolder, folder);
  const names = (await readdir(path)).filter((name) => /\.(c|h|S|ld)$/.test(name)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(path, name))));
  return names.flatMap((name, i) => [name, contents[i]!]);
}

export async function buildRuntime(
  target: NativeTarget,
  toolchain: CToolchain,
  hash: string,
  { cache, lean, signal }: Pick<Job, 'cache' | 'lean' | 'signal'>,
): Promise<Runtime> {
  const sources = await listSources(target, lean !== undefined);
  const flags = lean === undefined ? [] : leanFlags(lean);
  const names = Object.values(sources).flat().map(objectName);
  const key = contentKey([target.name, toolchain.id, hash, ...names, ...GUEST_FLAGS, ...RUNTIME_FLAGS, ...flags]);
  const build = (aside: string, ended: AbortSignal) =>
    compileInto({ ...toolchain, flags }, sources, { writes: [aside], signal: ended });
  const folder = await cached(join(cache, 'c-runtime'), key, build, signal);
  const objects = (list: readonly string[]) => list.map((source) => join(folder, objectName(source)));
  return {
    archive: join(folder, 'libcolony.a'),
    objects: objects(sources.main),
    libcObjects: objects(sources.libc),
    frames: { arena: objects(sources.arena), heap: objects(sources.heap) },
  };
}

const leanFlags = ({ smallRequest, smallOut }: LeanRuntime): string[] => [
  '-DCOLONY_LEAN',
  `-DCOLONY_SMALL_REQUEST=${smallRequest}`,
  `-DCOLONY_SMALL_OUT=${smallOut}`,
];

/** Returns a unique object name for a source in this package: sources in different folders may have the same name. */
export const objectName = (source: string) => `${relative(guestFolder, source).replaceAll('/', '-')}.o`;

interface Sources {
  readonly main: readonly string[];
  readonly libc: readonly string[];
  readonly arena: readonly string[];
  readonly heap: readonly string[];
}

async function listSources(target: NativeTarget, lean: boolean): Promise<Sources> {
  const list = async (folder: string) => {
    const names = (await readdir(join(guestFolder, folder))).filter(
      (name) => /\.(c|S)$/.test(name) && name !== target.perImage,
    );
    return names.sort().map((name) => join(guestFolder, folder, name));
  };
  const all = async (folders: readonly string[]) => (await Promise.all(folders.map(list))).flat();
  const main = await all([target.boot, ...MAIN]);
  return {
    main: lean ? main.filter((source) => !NOT_LEAN.includes(basename(source))) : main,
    libc: await all(LIBC),
    arena: lean ? await all(LEAN) : [],
    heap: lean ? await all(LEAN_HEAP) : [],
  };
}

type RuntimeToolchain = CToolchain & { readonly flags: readonly string[] };

/** The folder of the objects, and the signal that ends the build. */
interface Into {
  readonly writes: readonly [folder: string];
  readonly signal: AbortSignal;
}

async function compileInto(toolchain: RuntimeToolchain, sources: Sources, into: Into): Promise<void> {
  const [folder] = into.writes;
  const waiting = Object.values(sources).flat();
  const worker = async () => {
    for (let source = waiting.pop(); source !== undefined; source = waiting.pop())
      await compileOne(toolchain, source, into);
  };
  await Promise.all([worker(), worker()]);
  const members = sources.main.map((source) => join(folder, objectName(source)));
  const args = ['rcsD', join(folder, 'libcolony.a'), ...members];
  const archived = await runTool({ file: 'ar', args, ...into });
  if (archived.code !== 0) throw new ColonyError('ERR_COMPILE', `ar (of binutils) does not work: ${archived.stderr}`);
}

function compileOne(toolchain: RuntimeToolchain, source: string, into: Into): Promise<void> {
  const includes = ['-isystem', toolchain.include, ...runtimeIncludes()];
  const output = join(into.writes[0], objectName(source));
  const map = `-ffile-prefix-map=${guestFolder}=colony`;
  const integers = toolchain.flags.length > 0 && !WITH_FLOATS.includes(basename(source)) && !/\/libc\//.test(source);
  const own = integers ? [...toolchain.flags, '-mgeneral-regs-only'] : toolchain.flags;
  const flags = [...RUNTIME_FLAGS, ...GUEST_FLAGS, ...own, CALL_GRAPH, map];
  const args = [...flags, ...includes, '-c', source, '-o', output];
  const reads = [guestFolder, toolchain.include];
  return compile(toolchain.compiler, args, `the guest's ${basename(source)}`, { reads, ...into });
}

function runtimeIncludes(): string[] {
  const own = ['include', '', 'runtime', 'runtime/native'].flatMap((folder) => ['-I', join(guestFolder, folder)]);
  return [...own, '-isystem', join(guestFolder, 'runtime/include')];
}
