/**
 * A fat program: the images of C virtines for all backends, in one `.colony` file. The file is CBOR (core's codec): `{
 * colony: 'fat', version: 1, virtines: { name: { policy, images: { virtine, wasm32, process } } } }`.
 */
import { ColonyError, compilePolicy, type NativeImages, native, type PolicyLayer, type Program } from '@colony/core';
import { decode, encode } from '@colony/core/codec';

const VERSION = 1;

export interface FatVirtine {
  readonly policy: PolicyLayer;
  readonly images: NativeImages;
}

export interface FatProgram {
  /** The content of the file. */
  readonly bytes: Uint8Array;
  /** One program for each virtine, for `createContext`. */
  readonly programs: Readonly<Record<string, Program>>;
  /** The least policy of each virtine. */
  readonly policies: Readonly<Record<string, PolicyLayer>>;
}

export function packFat(virtines: Readonly<Record<string, FatVirtine>>): FatProgram {
  const names = Object.keys(virtines).sort();
  const sorted = Object.fromEntries(names.map((name) => [name, virtines[name]!]));
  const bytes = new Uint8Array(Buffer.concat(encode({ colony: 'fat', version: VERSION, virtines: sorted })));
  return { bytes, ...programsOf(sorted) };
}

/** @throws ColonyError ERR_COMPILE for a file that is not a fat program, or whose images or policies are not valid. */
export function readFat(bytes: Uint8Array, filename = 'program.colony'): FatProgram {
  const none = (cause?: unknown) =>
    new ColonyError('ERR_COMPILE', `${filename}: this is not a fat program of Colony`, { cause });
  const content = orElse(() => decode(bytes), none);
  if (!isRecord(content) || content['colony'] !== 'fat') throw none();
  const { version, virtines } = content;
  if (version !== VERSION) {
    const message = `${filename}: a fat program of version ${show(version)}; this Colony reads ${VERSION}: build it again`;
    throw new ColonyError('ERR_COMPILE', message);
  }
  if (!isRecord(virtines)) throw none();
  const damaged = (name: string) => (cause: unknown) =>
    new ColonyError('ERR_COMPILE', `${filename}: ${name} is damaged: ${(cause as Error).message}`, { cause });
  const read = Object.entries(virtines).map(([name, virtine]) => [
    name,
    orElse(() => readVirtine(virtine), damaged(name)),
  ]);
  return { bytes, ...programsOf(Object.fromEntries(read)) };
}

function orElse<T>(work: () => T, error: (cause: unknown) => ColonyError): T {
  try {
    return work();
  } catch (cause) {
    throw error(cause);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const show = (version: unknown) => (Number.isSafeInteger(version) ? String(version) : 'that is not a number');

/** Checks the policy and the images as any policy and any program are checked. */
function readVirtine(virtine: unknown): FatVirtine {
  if (!isRecord(virtine)) throw new Error('it is not a virtine');
  const { policy, images } = virtine as unknown as FatVirtine;
  compilePolicy(policy);
  native.fat(images);
  return { policy, images };
}

function programsOf(virtines: Readonly<Record<string, FatVirtine>>): Pick<FatProgram, 'programs' | 'policies'> {
  const entries = Object.entries(virtines);
  return {
    programs: Object.fromEntries(entries.map(([name, { images }]) => [name, native.fat(images, `${name}.colony`)])),
    policies: Object.fromEntries(entries.map(([name, { policy }]) => [name, policy])),
  };
}
