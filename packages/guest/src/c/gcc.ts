/** C programs for x86-64 targets: gcc, and as much of musl as the program uses. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { contentKey } from '../cache.js';
import { readImage } from '../image/elf.js';
import { guestFolder } from '../package.js';
import type { NativeTarget } from '../targets.js';
import { type Builder, type Built, type Job, PROGRAM_FLAGS, readDependencies, reproducible } from './builder.js';
import { buildRuntime, GUEST_FLAGS, hashRuntime, type Runtime } from './runtime.js';
import { type CToolchain, findCToolchain, runCompiler } from './toolchain.js';

/** Heap that is there from the start, in bytes: calls that fit need not ask for more, and then give it back, each time. */
const HEAP_INITIAL = 256 * 1024;

const COMPILE_FLAGS = [...PROGRAM_FLAGS, '-fstack-clash-protection', '-fmax-errors=20'];

/** @throws ColonyError ERR_COMPILE where no compiler is, with the remedy. */
export async function gccBuilder(target: NativeTarget): Promise<Builder> {
  const [toolchain, runtimeHash] = await Promise.all([findCToolchain(), hashRuntime(target.boot)]);
  const facts = JSON.stringify([target, HEAP_INITIAL, COMPILE_FLAGS, GUEST_FLAGS]);
  return {
    id: contentKey([toolchain.id, runtimeHash, facts]),
    extension: '.elf',
    build: async (job) => {
      const runtime = await buildRuntime(target, toolchain, runtimeHash, job.cache);
      return build(target, toolchain, runtime, job);
    },
  };
}

async function build(target: NativeTarget, toolchain: CToolchain, runtime: Runtime, job: Job): Promise<Built> {
  const inputs = await compileProgram(toolchain, job);
  await compilePerImage(target, toolchain, job);
  const image = await link(target, toolchain, runtime, job.work);
  return { image, inputs, exports: readImage(image).exports.length };
}

/** Gives the paths of every file that was read. */
async function compileProgram(toolchain: CToolchain, { file, flags, work }: Job): Promise<string[]> {
  const libc = toolchain.musl?.include ?? join(guestFolder, 'runtime/include');
  const includes = [join(guestFolder, 'include'), libc, toolchain.include].flatMap((path) => ['-isystem', path]);
  const dependencies = join(work, 'program.d');
  const { ok, stderr } = await runCompiler(toolchain.compiler, [
    ...[...COMPILE_FLAGS, ...flags, ...GUEST_FLAGS, ...reproducible(file), '-nostdinc', ...includes],
    ...['-MD', '-MF', dependencies, '-c', file, '-o', join(work, 'program.o')],
  ]);
  if (!ok) throw new ColonyError('ERR_COMPILE', stderr.trim() + missingHeaderRemedy(toolchain, stderr));
  return readDependencies(dependencies);
}

const INSTALL_MUSL =
  'a C program that uses the C library needs musl: `apt-get install musl-tools` (or set COLONY_MUSL)';

function missingHeaderRemedy(toolchain: CToolchain, stderr: string): string {
  const missing = toolchain.musl === undefined && /fatal error: \S+\.h: No such file/.test(stderr);
  return missing ? `\n${INSTALL_MUSL}` : '';
}

async function compilePerImage(target: NativeTarget, toolchain: CToolchain, job: Job): Promise<void> {
  const numbers = [`-DCOLONY_STACK_SIZE=${job.stackSize}`, `-DCOLONY_HEAP_INITIAL=${HEAP_INITIAL}`];
  const source = join(guestFolder, target.boot, target.perImage);
  const args = ['-nostdinc', '-I', join(guestFolder, 'include'), ...numbers, '-c', source, '-o'];
  const { ok, stderr } = await runCompiler(toolchain.compiler, [...args, join(job.work, 'image.o')]);
  if (!ok) throw new ColonyError('ERR_INTERNAL', `the image's ${target.perImage} does not assemble:\n${stderr}`);
}

/** First without a libc; with one only if something is missing, because it brings a thread block and start-up work. */
async function link(target: NativeTarget, toolchain: CToolchain, runtime: Runtime, work: string): Promise<Uint8Array> {
  const output = join(work, 'image.elf');
  const own = [join(work, 'image.o'), join(work, 'program.o')];
  const linkWith = (inputs: readonly string[]) => runLinker(target, toolchain, output, [...own, ...inputs]);
  const bare = await linkWith([...bootObjects(runtime), runtime.archive]);
  if (bare.ok) {
    const image = new Uint8Array(await readFile(output));
    if (!usesThreadLocals(image)) return image;
  }
  // As objects, so that the runtime's malloc comes before musl's for musl's own parts too; uselocale sets the locale up.
  const archive = toolchain.musl === undefined ? [] : ['-Wl,-u,uselocale', toolchain.musl.archive];
  const full = await linkWith([...runtime.objects, ...runtime.libcObjects, ...archive]);
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
  output: string,
  inputs: readonly string[],
): ReturnType<typeof runCompiler> {
  const script = `-Wl,-T,${join(guestFolder, target.boot, 'link.ld')}`;
  const flags = [...target.linkFlags, script, '-Wl,--gc-sections', '-Wl,-O1'];
  return runCompiler(toolchain.compiler, [...flags, ...inputs, '-lgcc', '-o', output]);
}

function linkMessage(stderr: string, toolchain: CToolchain): string {
  const undefinedNames = [...stderr.matchAll(/undefined reference to `([^']+)'/g)].map((match) => match[1]!);
  if (undefinedNames.length === 0) return stderr.trim();
  const names = [...new Set(undefinedNames)].join(', ');
  if (toolchain.musl === undefined) return `undefined: ${names}\n${INSTALL_MUSL}`;
  return `neither the program nor the C library defines ${names}\n${stderr.trim()}`;
}
