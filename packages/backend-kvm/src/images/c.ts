/**
 * From a C file to a virtine image of its own: gcc, the guest's runtime, and as much of musl as the program uses.
 * The same inputs give the same bytes; images are cached by the content of everything that went into them.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { MAX_STACK } from '../abi.generated.js';
import { buildRuntime, GUEST_FLAGS, guestFolder, hashRuntime, type Runtime } from './c-runtime.js';
import { type CToolchain, findCToolchain, runCompiler } from './c-toolchain.js';
import { defaultCacheDir } from './cache.js';
import { readImage } from './elf.js';

/** Heap that is there from the start, in bytes: calls that fit need not ask for more, and then give it back, each time. */
const HEAP_INITIAL = 256 * 1024;

export interface CBuildOptions {
  /** The C file. Other files come in by `#include`. */
  readonly file: string;
  /** For gcc, after `-std=gnu17 -O2`: warnings, definitions, `-I`, `-march`, another optimization level. */
  readonly flags?: readonly string[];
  /** Undefined behaviour (gcc's UBSan) ends the call with ERR_GUEST_FAULT instead of going on. */
  readonly sanitize?: boolean;
  /** Bytes; a multiple of 4096, at most 64 MiB. Default 256 KiB. */
  readonly stackSize?: number;
  readonly cacheDir?: string;
}

export interface CBuild {
  readonly image: Uint8Array;
  /** Where the image lies in the cache. */
  readonly path: string;
  /** SHA-256 of the image, hex. */
  readonly hash: string;
}

/** What a cached image was made from. */
interface Manifest {
  readonly image: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const DEFAULT_STACK = 256 * 1024;
/** Flags that make something else than an object for a virtine. */
const REFUSED_FLAGS =
  /^(-[cSEMo]$|-o.|-M|-shared|-static-pie|-pie|-f(pic|pie|PIC|PIE|plugin)|-m(32|x32|16)$|-x|-save-temps|-pg$|-fsplit-stack|-fprofile|--coverage|@)/;

/** @throws ColonyError ERR_COMPILE with gcc's own messages; ERR_BAD_OPTION. */
export async function buildC(options: CBuildOptions): Promise<CBuild> {
  const { file, flags, stackSize } = checkOptions(options);
  const [toolchain, runtimeHash] = await Promise.all([findCToolchain(), hashRuntime()]);
  const cache = options.cacheDir ?? defaultCacheDir();
  const key = sha256(JSON.stringify([file, flags, stackSize, HEAP_INITIAL, toolchain.id, runtimeHash, GUEST_FLAGS]));
  const manifestPath = join(cache, 'c', `${key}.json`);
  const cached = await fromCache(manifestPath, cache);
  if (cached !== undefined) return cached;
  const runtime = await buildRuntime(toolchain, runtimeHash, cache);
  const work = await mkdtemp(join(tmpdir(), 'colony-c-'));
  try {
    const inputs = await compile(toolchain, file, flags, work);
    await compileNote(toolchain, stackSize, work);
    const image = await link(toolchain, runtime, work);
    checkImage(image, file);
    const hash = sha256(image);
    await writeWhole(imagePath(cache, hash), image);
    await writeWhole(manifestPath, JSON.stringify({ image: hash, inputs } satisfies Manifest));
    return { image, path: imagePath(cache, hash), hash };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function checkOptions(options: CBuildOptions): { file: string; flags: string[]; stackSize: number } {
  const { file, flags = [], sanitize = false, stackSize = DEFAULT_STACK } = options;
  if (typeof file !== 'string' || file === '')
    throw new ColonyError('ERR_BAD_OPTION', 'file must be the path of a C file');
  if (!Array.isArray(flags) || flags.some((flag) => typeof flag !== 'string')) {
    throw new ColonyError('ERR_BAD_OPTION', 'flags must be an array of strings');
  }
  const refused = flags.find((flag) => REFUSED_FLAGS.test(flag));
  if (refused !== undefined) throw new ColonyError('ERR_BAD_OPTION', `flags: ${refused} cannot be used for a virtine`);
  if (!Number.isInteger(stackSize) || stackSize % 4096 !== 0 || stackSize <= 0 || stackSize > MAX_STACK) {
    throw new ColonyError(
      'ERR_BAD_OPTION',
      `stackSize must be a multiple of 4096, at most ${MAX_STACK}, not ${stackSize}`,
    );
  }
  const extra = sanitize ? ['-fsanitize=undefined', '-fsanitize-undefined-trap-on-error'] : [];
  return { file: resolve(file), flags: [...flags, ...extra], stackSize };
}

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
const imagePath = (cache: string, hash: string) => join(cache, 'c', `${hash}.elf`);

/** The image, if all it was made from is still the same and it is still what it was. */
async function fromCache(manifestPath: string, cache: string): Promise<CBuild | undefined> {
  try {
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest;
    const same = Object.entries(manifest.inputs).map(async ([path, hash]) => sha256(await readFile(path)) === hash);
    if (!(await Promise.all(same)).every(Boolean)) return undefined;
    const path = imagePath(cache, manifest.image);
    const image = new Uint8Array(await readFile(path));
    return sha256(image) === manifest.image ? { image, path, hash: manifest.image } : undefined;
  } catch {
    return undefined; // not there, or damaged: it is made anew
  }
}

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** Gives the hash of every file that was read. */
async function compile(
  toolchain: CToolchain,
  file: string,
  flags: readonly string[],
  work: string,
): Promise<Record<string, string>> {
  await readFile(file).catch((cause) => {
    throw new ColonyError('ERR_BAD_OPTION', `the C file ${file} cannot be read`, { cause });
  });
  const libc = toolchain.musl?.include ?? join(guestFolder, 'runtime/include');
  const includes = [
    '-nostdinc',
    '-isystem',
    join(guestFolder, 'include'),
    '-isystem',
    libc,
    '-isystem',
    toolchain.include,
  ];
  const strict = [
    '-Werror=implicit-function-declaration',
    '-Werror=int-conversion',
    '-Werror=incompatible-pointer-types',
  ];
  const reproducible = [
    `-ffile-prefix-map=${dirname(file)}=.`,
    `-ffile-prefix-map=${guestFolder}=colony`,
    '-frandom-seed=colony',
  ];
  const dependencies = join(work, 'program.d');
  const { ok, stderr } = await runCompiler(toolchain.compiler, [
    ...[
      '-std=gnu17',
      '-O2',
      '-fstack-clash-protection',
      '-fmax-errors=20',
      ...strict,
      ...flags,
      ...GUEST_FLAGS,
      ...reproducible,
      ...includes,
    ],
    ...['-MD', '-MF', dependencies, '-c', file, '-o', join(work, 'program.o')],
  ]);
  if (!ok) throw new ColonyError('ERR_COMPILE', stderr.trim() + missingHeaderRemedy(toolchain, stderr));
  return hashFiles(dependenciesOf(await readFile(dependencies, 'utf8')));
}

const INSTALL_MUSL =
  'a C program that uses the C library needs musl: `apt-get install musl-tools` (or set COLONY_MUSL)';

function missingHeaderRemedy(toolchain: CToolchain, stderr: string): string {
  const missing = toolchain.musl === undefined && /fatal error: \S+\.h: No such file/.test(stderr);
  return missing ? `\n${INSTALL_MUSL}` : '';
}

/** File names of a make rule: spaces are escaped, lines continued. */
function dependenciesOf(rule: string): string[] {
  const names =
    rule
      .slice(rule.indexOf(': ') + 2)
      .replaceAll('\\\n', ' ')
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return [...new Set(names.map((name) => resolve(name.replace(/\\(.)/g, '$1').replaceAll('$$', '$'))))].sort();
}

async function hashFiles(paths: readonly string[]): Promise<Record<string, string>> {
  const entries = paths.map(async (path) => [path, sha256(await readFile(path))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function compileNote(toolchain: CToolchain, stackSize: number, work: string): Promise<void> {
  const source = join(guestFolder, 'boot/note.S');
  const args = [
    '-nostdinc',
    '-I',
    join(guestFolder, 'include'),
    `-DCOLONY_STACK_SIZE=${stackSize}`,
    `-DCOLONY_HEAP_INITIAL=${HEAP_INITIAL}`,
    '-c',
    source,
    '-o',
    join(work, 'note.o'),
  ];
  const { ok, stderr } = await runCompiler(toolchain.compiler, args);
  if (!ok) throw new ColonyError('ERR_INTERNAL', `the image's note does not assemble:\n${stderr}`);
}

/** First without a libc; with one only if something is missing, because it brings a thread block and start-up work. */
async function link(toolchain: CToolchain, runtime: Runtime, work: string): Promise<Uint8Array> {
  const output = join(work, 'image.elf');
  const own = [join(work, 'note.o'), join(work, 'program.o')];
  const bare = await linkWith(toolchain, output, [...own, ...bootObjects(runtime), runtime.archive]);
  if (bare.ok) {
    const image = new Uint8Array(await readFile(output));
    if (!usesThreadLocals(image)) return image;
  }
  // As objects, so that the runtime's malloc comes before musl's for musl's own parts too; uselocale sets the locale up.
  const archive = toolchain.musl === undefined ? [] : ['-Wl,-u,uselocale', toolchain.musl.archive];
  const full = await linkWith(toolchain, output, [...own, ...runtime.objects, ...runtime.libcObjects, ...archive]);
  if (full.ok) return new Uint8Array(await readFile(output));
  throw new ColonyError(
    'ERR_COMPILE',
    linkMessage(toolchain.musl === undefined ? bare.stderr : full.stderr, toolchain),
  );
}

const bootObjects = (runtime: Runtime) => runtime.objects.filter((path) => path.endsWith('entry.S.o'));
const usesThreadLocals = (image: Uint8Array) =>
  readImage(image).sections.some(({ name, size }) => /^\.t(data|bss)$/.test(name) && size > 0);

function linkWith(toolchain: CToolchain, output: string, inputs: readonly string[]): ReturnType<typeof runCompiler> {
  const script = join(guestFolder, 'boot/virtine.ld');
  const flags = [
    '-nostdlib',
    '-static',
    '-no-pie',
    `-Wl,-T,${script}`,
    '-Wl,--gc-sections',
    '-Wl,-O1',
    '-Wl,--build-id=none',
  ];
  return runCompiler(toolchain.compiler, [
    ...flags,
    '-Wl,-z,noexecstack,-z,max-page-size=4096',
    ...inputs,
    '-lgcc',
    '-o',
    output,
  ]);
}

function linkMessage(stderr: string, toolchain: CToolchain): string {
  const undefinedNames = [...stderr.matchAll(/undefined reference to `([^']+)'/g)].map((match) => match[1]!);
  if (undefinedNames.length === 0) return stderr.trim();
  const names = [...new Set(undefinedNames)].join(', ');
  if (toolchain.musl === undefined) return `undefined: ${names}\n${INSTALL_MUSL}`;
  return `neither the program nor the C library defines ${names}\n${stderr.trim()}`;
}

function checkImage(image: Uint8Array, file: string): void {
  if (readImage(image).exports.length > 0) return;
  throw new ColonyError(
    'ERR_COMPILE',
    `${file} exports nothing: add COLONY_EXPORT(type, function, types...); see <colony/virtine.h>`,
  );
}
