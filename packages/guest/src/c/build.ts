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
import {
  filePath,
  flag,
  listOf,
  type OptionReaders,
  objectOf,
  oneOf,
  type ReadOption,
  readOptions,
  text,
} from '@colony/core/options';
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

const PAGE = 4096;
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
  const { target, cacheDir: cache = defaultCacheDir(), ...job } = checkOptions(options);
  const builder = await BUILDERS[target]();
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

/** Bytes: whole pages. */
const pages =
  (least: number, most: number): ReadOption<number> =>
  (value, path, reader) => {
    const bytes = reader.integer(value, path, least, most);
    return bytes % PAGE === 0 ? bytes : reader.fail(path, `a multiple of ${PAGE}`, value);
  };

const compilerFlag: ReadOption<string> = (value, path, reader) => {
  const flag = text(value, path, reader);
  if (REFUSED_FLAGS.test(flag)) throw badOption(path, `${flag} cannot be used for a guest`);
  return flag;
};

const bytes: ReadOption<number> = (value, path, reader) => reader.integer(value, path, 0);

const READERS: OptionReaders<CBuildOptions> = {
  file: filePath,
  target: oneOf(...(Object.keys(BUILDERS) as Target[])),
  flags: listOf(compilerFlag),
  sanitize: flag,
  stackSize: pages(1, MAX_STACK),
  heapSize: pages(0, Number.MAX_SAFE_INTEGER),
  sources: listOf(filePath),
  lean: objectOf({ smallRequest: bytes, smallOut: bytes, frames: bytes }, ['smallRequest', 'smallOut', 'frames']),
  analyse: flag,
  cacheDir: filePath,
};

function checkOptions(given: CBuildOptions): CheckedOptions & Pick<CBuildOptions, 'cacheDir'> {
  const options = readOptions<CBuildOptions, 'file'>('options', given, READERS, ['file']);
  const { file, target = 'virtine', flags = [], sanitize = false, stackSize = DEFAULT_STACK } = options;
  const { sources = [], heapSize = DEFAULT_HEAP, lean, analyse = false, cacheDir } = options;
  if (lean !== undefined && target !== 'virtine')
    throw badOption('lean', `it is for the target virtine, not ${target}`);
  const extra = sanitize ? ['-fsanitize=undefined', '-fsanitize-undefined-trap-on-error'] : [];
  const files = [file, ...sources].map((path) => resolve(path));
  const job = { files, target, flags: [...flags, ...extra], stackSize, heapSize, lean, analyse };
  return cacheDir === undefined ? job : { ...job, cacheDir };
}

function badOption(name: string, what: string): ColonyError {
  const path = `options.${name}`;
  return new ColonyError('ERR_BAD_OPTION', `${path}: ${what}`, { details: { path } });
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
