/** Builds C programs for x86-64 targets with gcc, and as much of musl as the program uses. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ColonyError } from '@colony/core';
import { contentKey } from '../cache.js';
import { readImage } from '../image/elf.js';
import { guestFolder } from '../package.js';
import type { NativeTarget } from '../targets.js';
import { buildJail } from '../tools/jail.js';
import { checkAssembly } from './assembly.js';
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
import { type Compilation, checkBeforehand, checkedInputs, dependenciesOf, readsOf } from './inputs.js';
import { buildRuntime, CALL_GRAPH, GUEST_FLAGS, hashRuntime, type Runtime } from './runtime.js';
import { type CToolchain, findCToolchain, runCompiler } from './toolchain.js';

const COMPILE_FLAGS = [...PROGRAM_FLAGS, '-fstack-clash-protection', '-fmax-errors=20'];

/** @throws ColonyError ERR_COMPILE without a compiler, with the remedy. */
export async function gccBuilder(target: NativeTarget): Promise<Builder> {
  const [toolchain, runtimeHash] = await Promise.all([findCToolchain(), hashRuntime(target.boot)]);
  const facts = JSON.stringify([target, COMPILE_FLAGS, GUEST_FLAGS]);
  return {
    id: contentKey([toolchain.id, runtimeHash, facts]),
    extension: '.elf',
    build: async (job) => {
      const runtime = await buildRuntime(target, toolchain, runtimeHash, job);
      return build(target, toolchain, runtime, job);
    },
  };
}

async function build(target: NativeTarget, toolchain: CToolchain, runtime: Runtime, job: Job): Promise<Built> {
  const inputs = await compileFiles(job, (file, output) => compileFile(toolchain, job, file, output));
  const { image, frames } = await linkFor(target, toolchain, runtime, job);
  const built = { image, inputs, exports: readImage(image).exports.length };
  return job.analyse ? { ...built, callGraph: await readCallGraphs(runtime, job, frames) } : built;
}

/**
 * Links with a lean runtime. It has a heap only if the program still uses one after unreachable code is removed. Frames
 * then use that heap, too.
 */
async function linkFor(
  target: NativeTarget,
  toolchain: CToolchain,
  runtime: Runtime,
  job: Job,
): Promise<{ image: Uint8Array; frames: readonly string[] }> {
  if (job.lean === undefined) {
    return { image: await linkWith(target, toolchain, runtime, job, job.heapSize, []), frames: [] };
  }
  const { arena, heap } = runtime.frames;
  const image = await linkWith(target, toolchain, runtime, job, job.lean.frames, arena);
  const hasHeap = readImage(image).symbols.some(({ name }) => name === 'heap_allocate');
  if (!hasHeap) return { image, frames: arena };
  const frames = [...heap, ...arena.filter((path) => !path.endsWith('arena.c.o'))];
  return { image: await linkWith(target, toolchain, runtime, job, job.heapSize, frames), frames };
}

/** Reads the call graphs that gcc wrote beside its objects. */
async function readCallGraphs(runtime: Runtime, job: Job, frames: readonly string[]): Promise<string> {
  const objects = [...objectsOf(job), ...runtime.objects, ...runtime.libcObjects, ...frames];
  const compiled = objects.filter((object) => !object.endsWith('.S.o'));
  const texts = await Promise.all(compiled.map((object) => readFile(object.replace(/o$/, 'ci'), 'utf8')));
  return texts.join('');
}

/** Compiles to assembly, which is checked before it is assembled. */
async function compileFile(toolchain: CToolchain, job: Job, file: string, output: string): Promise<readonly string[]> {
  const unit = unitOf(toolchain, job, file);
  await checkBeforehand(job, unit);
  const assembly = assemblyOf(output);
  const graph = job.analyse ? [CALL_GRAPH] : [];
  const places = placesOf(job, [...readsOf(job), ...unit.system]);
  const args = [...unit.flags, ...graph, ...(await quiet()), ...dependenciesOf(output), '-S', file, '-o', assembly];
  const compiled = await runCompiler(toolchain.compiler, args, places);
  if (!compiled.ok)
    throw new ColonyError('ERR_COMPILE', compiled.stderr.trim() + missingHeaderRemedy(toolchain, compiled.stderr));
  const inputs = await checkedInputs(job, unit, output);
  await checkAssembly(assembly, file);
  return inputs;
}

/** To show the line of an error, gcc reads the file that `#line` names. Without a jail that may be any file. */
const quiet = async () => ((await buildJail()).bubblewrap === undefined ? ['-fno-diagnostics-show-caret'] : []);

function unitOf({ compiler, include, musl }: CToolchain, job: Job, file: string): Compilation {
  const libc = musl?.include ?? join(guestFolder, 'runtime/include');
  const headers = [join(guestFolder, 'include'), libc, include];
  const includes = ['-nostdinc', ...headers.flatMap((path) => ['-isystem', path])];
  const first = ['-include', join(guestFolder, 'include/colony/first.h')];
  const own = [...GUEST_FLAGS, ...reproducible(job, file), ...includes];
  const flags = [...COMPILE_FLAGS, ...first, ...job.flags, ...own];
  return { compiler: compiler.path, file, flags, system: [...headers, guestFolder] };
}

const INSTALL_MUSL =
  'a C program that uses the C library needs musl: `apt-get install musl-tools` (or set COLONY_MUSL)';

function missingHeaderRemedy(toolchain: CToolchain, stderr: string): string {
  const missing = toolchain.musl === undefined && /fatal error: \S+\.h: No such file/.test(stderr);
  return missing ? `\n${INSTALL_MUSL}` : '';
}

const assemblyOf = (object: string) => object.replace(/o$/, 's');

/**
 * Assembles the program, unless that is done, and the image's own numbers. One start of the tool costs less than two.
 */
async function assemble(target: NativeTarget, toolchain: CToolchain, job: Job, heapSize: number): Promise<string[]> {
  const objects = objectsOf(job);
  const sources = existsSync(objects[0]!) ? [] : objects.map(assemblyOf);
  const numbers = [`-DCOLONY_STACK_SIZE=${job.stackSize}`, `-DCOLONY_HEAP_INITIAL=${heapSize}`];
  const own = join(guestFolder, target.boot, target.perImage);
  const args = ['-nostdinc', '-I', join(guestFolder, 'include'), ...numbers, '-c', ...sources, own];
  // Objects go to the working directory, each named after its source.
  const places = { ...placesOf(job, [guestFolder]), cwd: job.work };
  const { ok, stderr } = await runCompiler(toolchain.compiler, args, places);
  if (!ok) throw new ColonyError('ERR_COMPILE', `the program does not assemble:\n${stderr.trim()}`);
  return [join(job.work, basename(target.perImage).replace(/S$/, 'o')), ...objects];
}

/**
 * Links without a libc first. It adds a libc only if a symbol is missing, because a libc needs a thread block and
 * start-up work.
 */
async function linkWith(
  target: NativeTarget,
  toolchain: CToolchain,
  runtime: Runtime,
  job: Job,
  heapSize: number,
  extra: readonly string[],
): Promise<Uint8Array> {
  const own = await assemble(target, toolchain, job, heapSize);
  const output = join(job.work, 'image.elf');
  const kept = job.analyse ? ['-Wl,--emit-relocs'] : [];
  const run = (inputs: readonly string[]) => runLinker(target, toolchain, job, output, [...kept, ...own, ...inputs]);
  const bare = await run([...bootObjects(runtime), ...extra, runtime.archive]);
  if (bare.ok) {
    const image = new Uint8Array(await readFile(output));
    if (!usesThreadLocals(image)) return image;
  }
  // Objects, not an archive: so musl's own parts also use the runtime's malloc, not musl's. uselocale sets up the
  // locale.
  const archive = toolchain.musl === undefined ? [] : ['-Wl,-u,uselocale', toolchain.musl.archive];
  const full = await run([...runtime.objects, ...extra, ...runtime.libcObjects, ...archive]);
  if (full.ok) return new Uint8Array(await readFile(output));
  throw new ColonyError(
    'ERR_COMPILE',
    linkMessage(toolchain.musl === undefined ? bare.stderr : full.stderr, toolchain),
  );
}

const bootObjects = (runtime: Runtime) => runtime.objects.filter((path) => path.endsWith('entry.S.o'));
const usesThreadLocals = (image: Uint8Array) =>
  readImage(image).sections.some(({ name, size }) => /^\.t(data|bss)$/.test(name) && size > 0);

function runLinker(
  target: NativeTarget,
  toolchain: CToolchain,
  job: Job,
  output: string,
  inputs: readonly string[],
): ReturnType<typeof runCompiler> {
  const script = `-Wl,-T,${join(guestFolder, target.boot, 'link.ld')}`;
  // The linker's plugin would compile code from a section of the program, with the flags that the section contains.
  const flags = [...target.linkFlags, '-fno-use-linker-plugin', script, '-Wl,--gc-sections', '-Wl,-O1'];
  const reads = [guestFolder, ...inputs.filter((path) => path.startsWith('/'))];
  return runCompiler(toolchain.compiler, [...flags, ...inputs, '-lgcc', '-o', output], placesOf(job, reads));
}

function linkMessage(stderr: string, toolchain: CToolchain): string {
  const undefinedNames = [...stderr.matchAll(/undefined reference to `([^']+)'/g)].map((match) => match[1]!);
  if (undefinedNames.length === 0) return stderr.trim();
  const names = [...new Set(undefinedNames)].join(', ');
  if (toolchain.musl === undefined) return `undefined: ${names}\n${INSTALL_MUSL}`;
  return `neither the program nor the C library defines ${names}\n${stderr.trim()}`;
}
