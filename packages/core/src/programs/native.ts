/** Programs from native virtine images, C files and WebAssembly modules. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { types } from 'node:util';
import type { NativeImages } from '../backend.js';
import { ColonyError } from '../errors.js';
import { OptionReader } from '../options/option-reader.js';
import { type FilePath, readPath } from '../options/paths.js';
import { makeProgram, TARGETS } from './make.js';
import type { AnyExports, Program } from './types.js';

/** The bytes, or their location: a path (relative to the working directory) or a `file:` URL. */
type Input = Uint8Array | FilePath;

interface Bytes {
  readonly bytes: Uint8Array;
  readonly filename: string;
}

function bytesOf(input: unknown, reader: OptionReader, path: string, filename: string): Bytes {
  if (types.isUint8Array(input)) return { bytes: copyOf(input, reader, path), filename };
  if (typeof input === 'object' && input !== null && !reader.look(path, () => input instanceof URL)) {
    reader.fail(path, 'a Uint8Array, a path or a file: URL', input);
  }
  return fileOf(readPath(input, reader, path));
}

/** Copies bytes. Avoids `slice`, which a subclass may have replaced. */
function copyOf(bytes: unknown, reader: OptionReader, path: string): Uint8Array {
  if (!types.isUint8Array(bytes)) reader.fail(path, 'a Uint8Array', bytes);
  return reader.look(path, () => new Uint8Array(bytes));
}

function fileOf(file: string): Bytes {
  try {
    return { bytes: new Uint8Array(readFileSync(file)), filename: basename(file) };
  } catch (error) {
    throw new ColonyError('ERR_COMPILE', `${file}: ${(error as Error).message}`, { cause: error });
  }
}

const readerFor = (name: string) => new OptionReader('ERR_BAD_OPTION', name);

/**
 * Makes a program of a virtine image: ELF64 with a Colony note.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
function image<E = AnyExports>(input: Input): Program<E> {
  const { bytes, filename } = bytesOf(input, readerFor('native.image'), 'input', 'image.elf');
  if (bytes.length < 64 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is not an ELF file`);
  }
  return makeProgram<E>({ kind: 'native', image: bytes, filename });
}

export interface COptions {
  /** Further flags for the compiler: definitions, `-I`, warnings and code generation. The build refuses others. */
  readonly flags?: readonly string[];
}

/**
 * Makes a program of a C file, which the backend builds. A relative `file` is relative to the working directory.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
function c<E = AnyExports>(file: FilePath, options: COptions = {}): Program<E> {
  const reader = readerFor('native.c');
  const path = readPath(file, reader, 'file');
  const { flags = [] } = reader.object(options, 'options', ['flags']);
  const cFlags = reader.list(flags, 'options.flags', (flag, at) => reader.string(flag, at));
  const { bytes, filename } = fileOf(path);
  const sources = ['c', filename, bytes, ...cFlags];
  return makeProgram<E>({ kind: 'native', cFile: resolve(path), cFlags, filename }, sources);
}

/**
 * Makes a program with images for several backends; each backend uses its own. Faults of an image are found when it is
 * loaded.
 * @throws ColonyError ERR_BAD_OPTION without any image
 */
function fat<E = AnyExports>(input: NativeImages, filename = 'program.colony'): Program<E> {
  const reader = readerFor('native.fat');
  const parts = reader.object(input, 'input', TARGETS);
  reader.string(filename, 'filename');
  const names = TARGETS.filter((name) => parts[name] !== undefined);
  if (names.length === 0) reader.fail('input', 'an image at least: virtine, wasm32 or process', input);
  const images: NativeImages = Object.freeze(
    Object.fromEntries(names.map((name) => [name, copyOf(parts[name], reader, `input.${name}`)])),
  );
  return makeProgram<E>({ kind: 'native', images, filename });
}

export const native = Object.freeze({ image, c, fat });

const MAGIC = [0, 0x61, 0x73, 0x6d];
/** Version and layer, which follow the magic number: https://github.com/WebAssembly/component-model, Binary.md. */
const LAYERS = { module: [1, 0, 0, 0], component: [0x0d, 0, 1, 0] };

function webAssembly(input: Input, layer: keyof typeof LAYERS): Bytes {
  const reader = readerFor(layer === 'module' ? 'wasm' : layer);
  const parts = bytesOf(input, reader, 'input', `${layer}.wasm`);
  const { bytes, filename } = parts;
  const starts = (head: readonly number[], at: number) => head.every((byte, index) => bytes[at + index] === byte);
  if (!starts(MAGIC, 0) || bytes.length < 8) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is not a WebAssembly ${layer}`);
  }
  if (starts(LAYERS[layer], 4)) return parts;
  const other = layer === 'module' ? 'component' : 'module';
  const use = other === 'module' ? 'wasm(...)' : 'component(...)';
  const hint = starts(LAYERS[other], 4) ? `it is a WebAssembly ${other}: use ${use}` : 'its version is unknown';
  throw new ColonyError('ERR_COMPILE', `${filename}: this is not a WebAssembly ${layer}; ${hint}`);
}

/**
 * Makes a program of a WebAssembly module: its bytes, or its file.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
export function wasm<E = AnyExports>(input: Input): Program<E> {
  const { bytes, filename } = webAssembly(input, 'module');
  return makeProgram<E>({ kind: 'wasm', module: bytes, filename });
}

/**
 * Makes a program of a WebAssembly component. Its imports are hypercalls; WASI reaches only the resources that the
 * policy grants. `colony types FILE` prints the types of its WIT for `E`.
 * @throws ColonyError ERR_COMPILE, ERR_BAD_OPTION
 */
export function component<E = AnyExports>(input: Input): Program<E> {
  const { bytes, filename } = webAssembly(input, 'component');
  return makeProgram<E>({ kind: 'component', component: bytes, filename });
}
