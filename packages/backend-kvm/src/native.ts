/** The native addon, typed. Nothing outside this package's backend uses it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError, type ErrorCode, type ErrorDetails, printable } from '@colony/core';
import { unloadable } from './unloadable.js';

/** A native snapshot (type-tagged external). */
export type NativeSnapshot = { readonly __native: 'snapshot' };
/** A native kept-state instance (type-tagged external). */
export type NativeInstance = { readonly __native: 'instance' };

/**
 * A run's numbers by their RUN_NUMBER of the ABI, in one Float64Array that is reused from run to run. The addon reads the
 * limits when a run begins, and writes the usage of a synchronous run when it ends.
 */
export type NativeNumbers = Float64Array;

/** Flags of a run, for those who measure the addon alone. */
export { RUN_BOOT, RUN_FREEZE } from '@colony/guest/abi';

export interface NativeRun {
  answer(reply: readonly Uint8Array[]): void;
  cancel(code: 'ERR_ABORTED' | 'ERR_DISPOSED' | 'ERR_LIMIT_WALL_TIME'): void;
}

export interface NativeHypervisor {
  image(elf: Uint8Array): NativeSnapshot;
  instance(start: NativeSnapshot): NativeInstance;
  run(
    target: NativeSnapshot | NativeInstance,
    input: readonly Uint8Array[],
    numbers: NativeNumbers,
    flags: number,
    onCall: (request: Uint8Array) => void,
    onDone: (
      error: Error | null,
      output?: Uint8Array,
      frozen?: NativeSnapshot,
      wallTime?: number,
      cpuTime?: number,
      memory?: number,
      dirtyPages?: number,
    ) => void,
  ): NativeRun;
  runSync(
    target: NativeSnapshot | NativeInstance,
    input: readonly Uint8Array[],
    numbers: NativeNumbers,
    flags: number,
    onCall: (request: Uint8Array) => readonly Uint8Array[] | Promise<unknown>,
    /** Takes a result that fits; its length is then what is returned. */
    scratch?: Uint8Array,
  ): Uint8Array | number;
  freeze(instance: NativeInstance): NativeSnapshot | null;
  drop(instance: NativeInstance): void;
  serialize(snapshot: NativeSnapshot): Uint8Array;
  deserialize(bytes: Uint8Array): NativeSnapshot;
  /** Lets go of it now; what runs or was started from it goes on. */
  release(snapshot: NativeSnapshot): void;
  facts(snapshot: NativeSnapshot): { size: number; ownBytes: number; baseBytes: number; heapBytes: number };
  stats(): Record<string, number>;
  close(): void;
}

export interface HypervisorOptions {
  readonly threads?: number;
  readonly warm?: number;
  readonly spares?: number;
  readonly shells?: number;
  readonly spinUs?: number;
}

interface Addon {
  readonly Hypervisor: new (options: HypervisorOptions) => NativeHypervisor;
}

/** The package's folder, from its compiled code. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** The folder of the sources, with `build/` in a checkout and `prebuilds/` in the tarball. */
const nativeRoot = join(packageRoot, 'native');

let addon: Addon | undefined;

/**
 * Loads the addon: the one that was built in place, if there is one, else the one that came with the package.
 * @throws ColonyError ERR_BACKEND_UNAVAILABLE, with a remedy, if there is none for this system
 */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  try {
    addon ??= require('node-gyp-build')(nativeRoot) as Addon;
  } catch (cause) {
    const { detail, remedy } = unloadable(cause);
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', `${detail}: ${remedy}`, { cause });
  }
  return addon;
}

/** A native error as a ColonyError; anything else (a host callback's own exception) as it is. */
export function fromNative(error: unknown): unknown {
  const native = error as { code?: unknown; message?: string; details?: ErrorDetails };
  if (ColonyError.is(error) || typeof native?.code !== 'string' || native.details === undefined) return error;
  return new ColonyError(native.code as ErrorCode, native.message ?? '', { details: shown(native.details) });
}

/** Makes symbols safe to print: an image chooses the names of its functions. */
function shown(details: ErrorDetails): ErrorDetails {
  const { fault } = details;
  if (fault?.symbol === undefined) return details;
  return { ...details, fault: { ...fault, symbol: printable(fault.symbol) } };
}
