/**
 * Builds a C file into an image for one target: with a compiler, the guest's runtime, and as much of a libc as the
 * program uses. The same inputs give the same bytes. Images are cached by the content of all inputs.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
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
} from '@colony/core/options';
import { MAX_STACK } from '../abi.generated.js';
import { contentKey, defaultCacheDir, writeWhole } from '../cache.js';
import { removeFolder, temporaryFolder } from '../ending/index.js';
import { guestFolder } from '../package.js';
import { PROCESS, type Target, VIRTINE } from '../targets.js';
import { BUILD_READERS, type BuildOptions } from '../tools/options.js';
import type { Builder, Job, LeanRuntime } from './builder.js';
import { clangBuilder } from './clang.js';
import { compilerFlags } from './flags.js';
import { gccBuilder } from './gcc.js';

export interface CBuildOptions extends BuildOptions {
  /** The C file. Other files are added by `#include`. */
  readonly file: string;
  /** The kind of image. Default `virtine`: an image for the kvm backend. */
  readonly target?: Target;
  /**
   * Flags for the compiler, after `-std=gnu17 -O2`: warnings, definitions, `-I`, `-march`, another optimization level.
   * Flags that could name another file, command or kind of output are refused. Only files in the folders of C files and
   * of `-I` can be included.
   */
  readonly flags?: readonly string[];
  /** Undefined behaviour (the compiler's UBSan) ends the call with ERR_GUEST_FAULT instead of going on. */
  readonly sanitize?: boolean;
  /** In bytes; a multiple of 4096, at most 64 MiB. Default 256 KiB. */
  readonly stackSize?: number;
  /** Bytes of heap at the start, if the program uses a heap; a multiple of 4096. Default 256 KiB. */
  readonly heapSize?: number;
  /** Further C files of the program, each compiled separately. */
  readonly sources?: readonly string[];
  /**
   * For the Colony compiler. Target `virtine`: a runtime only for exports of generated code, with buffers of these
   * sizes (bytes), and without a heap unless the program has one.
   */
  readonly lean?: LeanRuntime;
  /** Native targets: the image keeps its relocations, and the build returns `callGraph`. */
  readonly analyse?: boolean;
  /** For the Colony compiler: further folders whose files can be included. */
  readonly folders?: readonly string[];
  /**
   * For the Colony compiler: the folder of the project, which is searched for headers. `virtine` and other marks are
   * defined.
   */
  readonly root?: string;
  readonly cacheDir?: string;
}

export interface CBuild {
  readonly image: Uint8Array;
  /** The path of the image in the cache. */
  readonly path: string;
  /** SHA-256 of the image, hex. */
  readonly hash: string;
  /** With `analyse`: gcc's call graph with stack usage (VCG) of every object that the image was linked from. */
  readonly callGraph?: string;
  /** Absolute paths of all files that the program's compilation read. */
  readonly inputs: readonly string[];
}

/** The inputs of a cached image. */
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

/**
 * A key that changes if images of these targets could change: with compilers, libraries, the guest's runtime, flags.
 */
export async function toolsFor(targets: readonly Target[]): Promise<string> {
  const builders = await Promise.all(targets.map((target) => BUILDERS[target]()));
  return contentKey(builders.flatMap(({ id }, i) => [targets[i]!, id]));
}

const PAGE = 4096;
const DEFAULT_STACK = 256 * 1024;
/** Calls that fit into it need not grow the heap, and then shrink it, each time. */
const DEFAULT_HEAP = 256 * 1024;

interface CheckedOptions extends Omit<Job, 'work' | 'cache' | 'buildTime' | 'signal'> {
  readonly target: Target;
}

/**
 * @throws ColonyError ERR_COMPILE with the compiler's own messages, or for a program that reads a forbidden file;
 * ERR_BAD_OPTION, ERR_ABORTED
 */
export async function buildC(options: CBuildOptions): Promise<CBuild> {
  const { target, cacheDir: cache = defaultCacheDir(), signal, buildTime, ...job } = checkOptions(options);
  const builder = await BUILDERS[target]();
  const key = sha256(JSON.stringify([job, target, builder.id]));
  const manifestPath = join(cache, 'c', `${key}.json`);
  const imagePath = (hash: string) => join(cache, 'c', `${hash}${builder.extension}`);
  const cached = await fromCache(manifestPath, imagePath);
  if (cached !== undefined) return cached;
  for (const file of job.files) {
    const stats = await stat(file).catch((cause) => {
      throw new ColonyError('ERR_BAD_OPTION', `the C file ${file} cannot be read`, { cause });
    });
    // Reading a device would never end.
    if (!stats.isFile())
      throw new ColonyError('ERR_BAD_OPTION', `${file} cannot be read as a C file: it is not a file`);
  }
  const work = temporaryFolder('c');
  const over = new AbortController();
  const ended = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const { image, inputs, exports, ...extra } = await builder.build({ ...job, work, cache, signal: ended, buildTime });
    if (exports === 0) throw exportsNothing(job.files[0]!);
    const hash = sha256(image);
    const manifest: Manifest = { image: hash, ...extra, inputs: await hashFiles(inputs) };
    await writeWhole(imagePath(hash), image);
    await writeWhole(manifestPath, JSON.stringify(manifest));
    return { image, path: imagePath(hash), hash, inputs, ...extra };
  } finally {
    // If one file does not compile, the compilation of the others ends, too.
    over.abort();
    await removeFolder(work);
  }
}

/** Reads a number of bytes that are whole pages. */
const pages =
  (least: number, most: number): ReadOption<number> =>
  (value, path, reader) => {
    const bytes = reader.integer(value, path, least, most);
    return bytes % PAGE === 0 ? bytes : reader.fail(path, `a multiple of ${PAGE}`, value);
  };

const bytes: ReadOption<number> = (value, path, reader) => reader.integer(value, path, 0);

const READERS: OptionReaders<CBuildOptions> = {
  file: filePath,
  target: oneOf(...(Object.keys(BUILDERS) as Target[])),
  flags: compilerFlags,
  sanitize: flag,
  stackSize: pages(1, MAX_STACK),
  heapSize: pages(0, Number.MAX_SAFE_INTEGER),
  sources: listOf(filePath),
  lean: objectOf({ smallRequest: bytes, smallOut: bytes, frames: bytes }, ['smallRequest', 'smallOut', 'frames']),
  analyse: flag,
  folders: listOf(filePath),
  root: filePath,
  cacheDir: filePath,
  ...BUILD_READERS,
};

type Running = Pick<CBuildOptions, 'cacheDir' | 'buildTime' | 'signal'>;

/** Flags that compileC gives its programs: see <colony/mark.h>. */
const marksFor = (root: string) => [`-I${root}`, '-include', join(guestFolder, 'include/colony/mark.h')];

function checkOptions(unchecked: CBuildOptions): CheckedOptions & Running {
  const options = readOptions<CBuildOptions, 'file'>('options', unchecked, READERS, ['file']);
  const { file, target = 'virtine', flags = [], sanitize = false, stackSize = DEFAULT_STACK } = options;
  const { sources = [], heapSize = DEFAULT_HEAP, lean, analyse = false, cacheDir, buildTime, signal } = options;
  if (lean !== undefined && target !== 'virtine')
    throw badOption('lean', `it is for the target virtine, not ${target}`);
  const extra = sanitize ? ['-fsanitize=undefined', '-fsanitize-undefined-trap-on-error'] : [];
  const files = [file, ...sources].map((path) => resolve(path));
  const folders = (options.folders ?? []).map((path) => resolve(path));
  const root = options.root === undefined ? undefined : resolve(options.root);
  const all = [...flags, ...(root === undefined ? [] : marksFor(root)), ...extra];
  const job = { files, target, flags: all, folders, root, stackSize, heapSize, lean, analyse };
  return {
    ...job,
    ...(cacheDir !== undefined && { cacheDir }),
    ...(buildTime !== undefined && { buildTime }),
    ...(signal !== undefined && { signal }),
  };
}

function badOption(name: string, what: string): ColonyError {
  const path = `options.${name}`;
  return new ColonyError('ERR_BAD_OPTION', `${path}: ${what}`, { details: { path } });
}

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

/** Returns the image if all of its inputs are unchanged and the image itself is, too. */
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
    return undefined; // missing or damaged: build it again
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
