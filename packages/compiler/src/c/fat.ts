/**
 * A fat program: what C virtines were built into, for all backends, in one `.colony` file. It is CBOR (core's codec):
 * `{ colony: 'fat', version: 1, virtines: { name: { policy, images: { virtine, wasm32, process } } } }`.
 */
import { ColonyError, type NativeImages, native, type PolicyLayer, type Program } from '@colony/core';
import { decode, encode } from '@colony/core/codec';

const VERSION = 1;

export interface FatVirtine {
  readonly policy: PolicyLayer;
  readonly images: NativeImages;
}

export interface FatProgram {
  /** The file. */
  readonly bytes: Uint8Array;
  /** One program for each virtine, for `createContext`. */
  readonly programs: Readonly<Record<string, Program>>;
  /** The least policy of each. */
  readonly policies: Readonly<Record<string, PolicyLayer>>;
}

export function packFat(virtines: Readonly<Record<string, FatVirtine>>): FatProgram {
  const names = Object.keys(virtines).sort();
  const sorted = Object.fromEntries(names.map((name) => [name, virtines[name]!]));
  const bytes = new Uint8Array(Buffer.concat(encode({ colony: 'fat', version: VERSION, virtines: sorted })));
  return { bytes, ...programsOf(sorted) };
}

/** @throws ColonyError ERR_COMPILE for a file that is none. */
export function readFat(bytes: Uint8Array, filename = 'program.colony'): FatProgram {
  const content = tryDecode(bytes, filename) as {
    colony?: unknown;
    version?: unknown;
    virtines?: Record<string, FatVirtine>;
  } | null;
  if (
    typeof content !== 'object' ||
    content === null ||
    content.colony !== 'fat' ||
    typeof content.virtines !== 'object'
  )
    throw new ColonyError('ERR_COMPILE', `${filename}: this is no fat program of Colony's`);
  if (content.version !== VERSION)
    throw new ColonyError(
      'ERR_COMPILE',
      `${filename}: a fat program of version ${String(content.version)}; this Colony reads ${VERSION}: build it anew`,
    );
  return { bytes, ...programsOf(content.virtines) };
}

function tryDecode(bytes: Uint8Array, filename: string): unknown {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ColonyError('ERR_COMPILE', `${filename}: this is no fat program of Colony's`, { cause });
  }
}

function programsOf(virtines: Readonly<Record<string, FatVirtine>>): Pick<FatProgram, 'programs' | 'policies'> {
  const entries = Object.entries(virtines);
  return {
    programs: Object.fromEntries(entries.map(([name, { images }]) => [name, native.fat(images, `${name}.colony`)])),
    policies: Object.fromEntries(entries.map(([name, { policy }]) => [name, policy])),
  };
}
