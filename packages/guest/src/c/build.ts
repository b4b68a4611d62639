/**
 * From a C file to an image of its own for one of the targets: a compiler, the guest's runtime, and as much of a libc
 * as the program uses. The same inputs give the same bytes; images are cached by the content of everything that went
 * into them.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { MAX_STACK } from '../abi.generated.js';
import { contentKey, defaultCacheDir, writeWhole } from '../cache.js';
import { PROCESS, type Target, VIRTINE } from '../targets.js';
import type { Builder, Job, LeanRuntime } from './builder.js';
import { clangBuilder } from './clang.js';
import { gccBuilder } from './gcc.js';

export interface CBuildOptions {
  /** The C file. Other files come in by `#include`. */
  readonly file: string;
  /** What comes out. Default `virtine`: an image for the kvm backend. */
  readonly target?: Target;
  /** For the compiler, after `-std=gnu17 -O2`: warnings, definitions, `-I`, `-march`, another optimization level. */
  readonly flags?: readonly string[];
  /** Undefined behaviour (the compiler's UBSan) ends the call with ERR_GUEST_FAULT instead of going on. */
  readonly sanitize?: boolean;
  /** Bytes; a multiple of 4096, at most 64 MiB. Default 256 KiB. */
  readonly stackSize?: number;
  /** Bytes of heap that are there from the start, if the program uses a heap; a multiple of 4096. Default 256 KiB. */
  readonly heapSize?: number;
  /** Further C files of the program, each compiled on its own. */
  readonly sources?: readonly string[];
  /**
   * For the Colony compiler. Target `virtine`: a runtime for exports that generated code makes and no others, with
   * buffers of these sizes (bytes) and no heap unless the program has one.
   */
  readonly lean?: LeanRuntime;
  /** Native targets: the image keeps its relocations, and `callGraph` comes with it. */
  readonly analyse?: boolean;
  readonly cacheDir?: string;
}

export interface CBuild {
  readonly image: Uint8Array;
  /** Where the image lies in the cache. */
  readonly path: string;
  /** SHA-256 of the image, hex. */
  readonly hash: string;
  /** With `analyse`: gcc's call graph with stack usage (VCG) of every object that the image was linked from. */
  readonly callGraph?: string;
  /** Absolute paths of all files that the program's compilation read. */
  readonly inputs: readonly string[];
}

/** What a cached image was made from. */
interface Manifest {
  readonly image: string;
  readonly callGraph?: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const BUILDERS: Readonly<Record<Target, () => Promise<Builder>>> = {
  virtine: () => gccBuilder(VIRTINE),
  process: () => gccBuilder(PROCESS),
  wasm32: clangBuilder,
};

/** Changes when an image of one of these could come out otherwise: compilers, libraries, the guest's runtime, flags. */
export async function toolsFor(targets: readonly Target[]): Promise<string> {
  const builders = await Promise.all(targets.map((target) => BUILDERS[target]()));
  return contentKey(builders.flatMap(({ id }, i) => [targets[i]!, id]));
}

const DEFAULT_STACK = 256 * 1024;
/** Calls that fit need not ask for more, and then give it back, each time. */
const DEFAULT_HEAP = 256 * 1024;
/** Flags that make something else than an object for a guest. */
const REFUSED_FLAGS =
  /^(-[cSEMo]$|-o.|-M|-shared|-static-pie|--?target|-pie|-f(pic|pie|PIC|PIE|plugin)|-m(32|x32|16)$|-x|-save-temps|-pg$|-fsplit-stack|-fprofile|--coverage|@)/;

interface CheckedOptions extends Omit<Job, 'work' | 'cache'> {
  readonly target: Target;
}

/** @throws ColonyError ERR_COMPILE with the compiler's own messages; ERR_BAD_OPTION. */
export async function buildC(options: CBuildOptions): Promise<CBuild> {
  const checked = checkOptions(options);
  const { target, ...job } = checked;
  const builder = await BUILDERS[target]();
  const cache = options.cacheDir ?? defaultCacheDir();
  const key = sha256(JSON.stringify([job, target, builder.id]));
  const manifestPath = join(cache, 'c', `${key}.json`);
  const imagePath = (hash: string) => join(cache, 'c', `${hash}${builder.extension}`);
  const cached = await fromCache(manifestPath, imagePath);
  if (cached !== undefined) return cached;
  for (const file of job.files) {
    await readFile(file).catch((cause) => {
      throw new ColonyError('ERR_BAD_OPTION', `the C file ${file} cannot be read`, { cause });
    });
  }
  const work = await mkdtemp(join(tmpdir(), 'colony-c-'));
  try {
    const { image, inputs, exports, ...extra } = await builder.build({ ...job, work, cache });
    if (exports === 0) throw exportsNothing(job.files[0]!);
    const hash = sha256(image);
    const manifest: Manifest = { image: hash, ...extra, inputs: await hashFiles(inputs) };
    await writeWhole(imagePath(hash), image);
    await writeWhole(manifestPath, JSON.stringify(manifest));
    return { image, path: imagePath(hash), hash, inputs, ...extra };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function checkOptions(options: CBuildOptions): CheckedOptions {
  const { file, target = 'virtine', flags = [], sanitize = false, stackSize = DEFAULT_STACK } = options;
  const { sources = [], heapSize = DEFAULT_HEAP, lean, analyse = false } = options;
  for (const path of [file, ...sources]) {
    if (typeof path !== 'string' || path === '')
      throw new ColonyError('ERR_BAD_OPTION', 'file must be the path of a C file, and sources paths of others');
  }
  if (!Object.hasOwn(BUILDERS, target)) {
    const known = Object.keys(BUILDERS).join(', ');
    throw new ColonyError('ERR_BAD_OPTION', `target must be one of ${known}, not ${JSON.stringify(target)}`);
  }
  if (!Array.isArray(flags) || flags.some((flag) => typeof flag !== 'string')) {
    throw new ColonyError('ERR_BAD_OPTION', 'flags must be an array of strings');
  }
  const refused = flags.find((flag) => REFUSED_FLAGS.test(flag));
  if (refused !== undefined) throw new ColonyError('ERR_BAD_OPTION', `flags: ${refused} cannot be used for a guest`);
  if (!Number.isInteger(stackSize) || stackSize % 4096 !== 0 || stackSize <= 0 || stackSize > MAX_STACK) {
    throw new ColonyError(
      'ERR_BAD_OPTION',
      `stackSize must be a multiple of 4096, at most ${MAX_STACK}, not ${stackSize}`,
    );
  }
  if (!Number.isInteger(heapSize) || heapSize % 4096 !== 0 || heapSize < 0) {
    throw new ColonyError('ERR_BAD_OPTION', `heapSize must be a multiple of 4096, not ${heapSize}`);
  }
  if (lean !== undefined && target !== 'virtine')
    throw new ColonyError('ERR_BAD_OPTION', `lean is for the target virtine, not ${target}`);
  const extra = sanitize ? ['-fsanitize=undefined', '-fsanitize-undefined-trap-on-error'] : [];
  const files = [file, ...sources].map((path) => resolve(path));
  return { files, target, flags: [...flags, ...extra], stackSize, heapSize, lean, analyse };
}

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

/** The image, if all it was made from is still the same and it is still what it was. */
async function fromCache(manifestPath: string, imagePath: (hash: string) => string): Promise<CBuild | undefined> {
  try {
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest;
    const same = Object.entries(manifest.inputs).map(async ([path, hash]) => sha256(await readFile(path)) === hash);
    if (!(await Promise.all(same)).every(Boolean)) return undefined;
    const path = imagePath(manifest.image);
    const image = new Uint8Array(await readFile(path));
    if (sha256(image) !== manifest.image) return undefined;
    const { callGraph } = manifest;
    const inputs = Object.keys(manifest.inputs);
    return { image, path, hash: manifest.image, inputs, ...(callGraph !== undefined && { callGraph }) };
  } catch {
    return undefined; // not there, or damaged: it is made anew
  }
}

async function hashFiles(paths: readonly string[]): Promise<Record<string, string>> {
  const entries = paths.map(async (path) => [path, sha256(await readFile(path))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function exportsNothing(file: string): ColonyError {
  return new ColonyError(
    'ERR_COMPILE',
    `${file} exports nothing: add COLONY_EXPORT(type, function, types...); see <colony/virtine.h>`,
  );
}
