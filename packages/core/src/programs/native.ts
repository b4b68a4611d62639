/** Native virtine images, C files and WebAssembly modules. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
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

export const native = Object.freeze({ image, c });

/** A WebAssembly module. @throws ColonyError ERR_COMPILE */
export function wasm<E = AnyExports>(input: Uint8Array | string): Program<E> {
  const { bytes, filename } = bytesOf(input, 'module.wasm');
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is no WebAssembly module`);
  }
  const hash = hashParts(['wasm', bytes]);
  const resolved = Object.freeze({ kind: 'wasm' as const, module: bytes, filename, hash });
  return Object.freeze({ kind: 'wasm' as const, filename, hash, resolved });
}
