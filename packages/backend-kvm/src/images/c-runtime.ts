/** Compiles the guest's C runtime (guest/boot and guest/runtime), once per compiler and version of its sources. */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import type { CToolchain } from './c-toolchain.js';
import { compile, execute } from './toolchain.js';

export const guestFolder = join(dirname(fileURLToPath(import.meta.url)), '../../guest');
const folders = ['boot', 'runtime', 'runtime/libc', 'runtime/include', 'include/colony'];

/** What every object of a guest is compiled with: no position independence, nothing that needs a kernel or an unwinder. */
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

/** `-O2` would make it a tenth faster and a third larger; every image carries it. */
const RUNTIME_FLAGS = ['-std=gnu17', '-Os', '-ffreestanding', '-fno-tree-loop-distribute-patterns', '-nostdinc'];

export interface Runtime {
  /** Members of `libcolony.a`: linked as far as they are used. */
  readonly archive: string;
  /** The same as objects, and those that only a program with a libc needs. */
  readonly objects: readonly string[];
  readonly libcObjects: readonly string[];
}

/** Content hash of the runtime, the headers and the linker script. */
export async function hashRuntime(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) await hashFolder(hash, join(guestFolder, folder));
  return hash.digest('hex');
}

async function hashFolder(hash: Hash, folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(c|h|S|ld)$/.test(name)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  for (const [i, content] of contents.entries()) hash.update(`${names[i]}\0${content.length}\0`).update(content);
}

export async function buildRuntime(toolchain: CToolchain, hash: string, cache: string): Promise<Runtime> {
  const key = createHash('sha256').update(toolchain.id).update(hash).update(JSON.stringify([GUEST_FLAGS, RUNTIME_FLAGS])).digest('hex');
  const folder = join(cache, `runtime-${key.slice(0, 32)}`);
  const built = await stat(folder).catch(() => undefined);
  if (built === undefined) await compileInto(toolchain, folder);
  const sources = await listSources();
  return {
    archive: join(folder, 'libcolony.a'),
    objects: sources.main.map((source) => join(folder, objectName(source))),
    libcObjects: sources.libc.map((source) => join(folder, objectName(source))),
  };
}

const objectName = (source: string) => `${basename(source)}.o`;

async function listSources(): Promise<{ main: string[]; libc: string[] }> {
  const list = async (folder: string) => {
    const names = (await readdir(join(guestFolder, folder))).filter((name) => /\.(c|S)$/.test(name) && name !== 'note.S');
    return names.sort().map((name) => join(guestFolder, folder, name));
  };
  return { main: [...(await list('boot')), ...(await list('runtime'))], libc: await list('runtime/libc') };
}

/** Compiles beside the goal and renames, so that two builds at once do not meet. */
async function compileInto(toolchain: CToolchain, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const sources = await listSources();
    const waiting = [...sources.main, ...sources.libc];
    const worker = async () => {
      for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) await compileOne(toolchain, source, work);
    };
    await Promise.all([worker(), worker()]);
    const members = sources.main.map((source) => join(work, objectName(source)));
    const archived = await execute('ar', ['rcsD', join(work, 'libcolony.a'), ...members]);
    if (archived.code !== 0) throw new ColonyError('ERR_COMPILE', `ar (of binutils) does not work: ${archived.stderr}`);
    await rename(work, folder).catch(async (error) => {
      if ((await stat(folder).catch(() => undefined)) === undefined) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function compileOne(toolchain: CToolchain, source: string, folder: string): Promise<void> {
  const includes = ['-isystem', toolchain.include, ...runtimeIncludes()];
  const output = join(folder, objectName(source));
  const map = `-ffile-prefix-map=${guestFolder}=colony`;
  const args = [...RUNTIME_FLAGS, ...GUEST_FLAGS, map, ...includes, '-c', source, '-o', output];
  return compile(toolchain.compiler, args, `the guest's ${basename(source)}`);
}

function runtimeIncludes(): string[] {
  const runtime = join(guestFolder, 'runtime');
  return ['-I', join(guestFolder, 'include'), '-I', guestFolder, '-I', runtime, '-isystem', join(runtime, 'include')];
}
