/** Native virtine images, C files and WebAssembly modules. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { NativeImages } from '../backend.js';
import { ColonyError } from '../errors.js';
import { hashParts } from './hash.js';
import type { AnyExports, Program } from './types.js';

function bytesOf(input: Uint8Array | string, what: string): { bytes: Uint8Array; filename: string } {
  if (typeof input !== 'string') return { bytes: input.slice(), filename: what };
  try {
    return { bytes: new Uint8Array(readFileSync(input)), filename: basename(input) };
  } catch (error) {
    throw new ColonyError('ERR_COMPILE', `${input}: ${(error as Error).message}`, { cause: error });
  }
}

/** A virtine image: ELF64 with a Colony note. @throws ColonyError ERR_COMPILE */
function image<E = AnyExports>(input: Uint8Array | string): Program<E> {
  const { bytes, filename } = bytesOf(input, 'image.elf');
  if (bytes.length < 64 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is no ELF file`);
  }
  const hash = hashParts(['image', bytes]);
  const resolved = Object.freeze({ kind: 'native' as const, image: bytes, filename, hash });
  return Object.freeze({ kind: 'native' as const, filename, hash, resolved });
}

export interface COptions {
  /** Further flags for the compiler. */
  readonly flags?: readonly string[];
}

/** A C file, built by the backend. @throws ColonyError ERR_COMPILE */
function c<E = AnyExports>(file: string, options: COptions = {}): Program<E> {
  const { bytes, filename } = bytesOf(file, 'program.c');
  const cFlags = Object.freeze([...(options.flags ?? [])]);
  const hash = hashParts(['c', filename, bytes, ...cFlags]);
  const resolved = Object.freeze({ kind: 'native' as const, cFile: resolve(file), cFlags, filename, hash });
  return Object.freeze({ kind: 'native' as const, filename, hash, resolved });
}

/**
 * A program that was built for several backends; each takes its own. What is wrong with an image is found where it is
 * loaded. @throws ColonyError ERR_BAD_OPTION where there is none at all.
 */
function fat<E = AnyExports>(input: NativeImages, filename = 'program.colony'): Program<E> {
  const names = (['virtine', 'wasm32', 'process'] as const).filter((name) => input[name] !== undefined);
  if (names.length === 0) {
    throw new ColonyError('ERR_BAD_OPTION', 'a fat program needs an image: virtine, wasm32 or process');
  }
  const images: NativeImages = Object.freeze(Object.fromEntries(names.map((name) => [name, input[name]!.slice()])));
  const hash = hashParts(['fat', ...names.flatMap((name) => [name, images[name]!])]);
  const resolved = Object.freeze({ kind: 'native' as const, images, filename, hash });
  return Object.freeze({ kind: 'native' as const, filename, hash, resolved });
}

export const native = Object.freeze({ image, c, fat });

const MAGIC = [0, 0x61, 0x73, 0x6d];
/** Version and layer, which stand after the magic number: https://github.com/WebAssembly/component-model, Binary.md. */
const LAYERS = { module: [1, 0, 0, 0], component: [0x0d, 0, 1, 0] };

function webAssembly(input: Uint8Array | string, layer: keyof typeof LAYERS) {
  const { bytes, filename } = bytesOf(input, `${layer}.wasm`);
  const starts = (head: readonly number[], at: number) => head.every((byte, index) => bytes[at + index] === byte);
  if (!starts(MAGIC, 0) || bytes.length < 8) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is no WebAssembly ${layer}`);
  }
  if (starts(LAYERS[layer], 4))
    return { bytes, filename, hash: hashParts([layer === 'module' ? 'wasm' : layer, bytes]) };
  const other = layer === 'module' ? 'component' : 'module';
  const use = other === 'module' ? 'wasm(...)' : 'component(...)';
  const hint = starts(LAYERS[other], 4) ? `it is a WebAssembly ${other}: use ${use}` : 'its version is unknown';
  throw new ColonyError('ERR_COMPILE', `${filename}: this is no WebAssembly ${layer}; ${hint}`);
}

/** A WebAssembly module. @throws ColonyError ERR_COMPILE */
export function wasm<E = AnyExports>(input: Uint8Array | string): Program<E> {
  const { bytes, filename, hash } = webAssembly(input, 'module');
  const resolved = Object.freeze({ kind: 'wasm' as const, module: bytes, filename, hash });
  return Object.freeze({ kind: 'wasm' as const, filename, hash, resolved });
}

/**
 * A WebAssembly component. Its imports are hypercalls; WASI reaches what the policy grants. Types of its WIT for `E`:
 * `npx colony types FILE`. @throws ColonyError ERR_COMPILE
 */
export function component<E = AnyExports>(input: Uint8Array | string): Program<E> {
  const { bytes, filename, hash } = webAssembly(input, 'component');
  const resolved = Object.freeze({ kind: 'component' as const, component: bytes, filename, hash });
  return Object.freeze({ kind: 'component' as const, filename, hash, resolved });
}
