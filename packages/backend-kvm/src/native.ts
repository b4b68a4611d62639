/** The native addon, typed. Nothing outside this package's backend uses it. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError, type ErrorCode, type ErrorDetails } from '@colony/core';

/** A native snapshot (type-tagged external). */
export type NativeSnapshot = { readonly __native: 'snapshot' };
/** A native kept-state instance (type-tagged external). */
export type NativeInstance = { readonly __native: 'instance' };

export interface NativeLimits {
  /** Bytes. */
  readonly memory: number;
  /** Bytes. */
  readonly output: number;
  /** Milliseconds. */
  readonly wallTime: number;
  /** Milliseconds. */
  readonly cpuTime: number;
}

export interface NativeRunOptions extends NativeLimits {
  /** Run an image up to its first NEXT. */
  readonly boot?: boolean;
  /** Give the state after the run as `frozen`. */
  readonly freeze?: boolean;
}

export interface NativeOutcome {
  readonly output: Uint8Array;
  readonly frozen?: NativeSnapshot;
  readonly wallTime: number;
  readonly cpuTime: number;
  readonly memory: number;
  readonly dirtyPages: number;
  readonly entries: number;
}

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
    options: NativeRunOptions,
    onCall: (request: Uint8Array) => void,
    onDone: (error: Error | null, outcome?: NativeOutcome) => void,
  ): NativeRun;
  runSync(
    target: NativeSnapshot | NativeInstance,
    input: readonly Uint8Array[],
    options: NativeRunOptions,
    onCall: (request: Uint8Array) => readonly Uint8Array[] | Promise<unknown>,
  ): NativeOutcome;
  freeze(instance: NativeInstance): NativeSnapshot | null;
  drop(instance: NativeInstance): void;
  serialize(snapshot: NativeSnapshot): Uint8Array;
  deserialize(bytes: Uint8Array): NativeSnapshot;
  facts(snapshot: NativeSnapshot): { size: number; ownBytes: number; baseBytes: number; heapBytes: number };
  stats(): Record<string, number>;
  close(): void;
}

export interface HypervisorOptions {
  readonly lanes?: number;
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

let addon: Addon | undefined;

/**
 * Loads the addon.
 * @throws ColonyError ERR_BACKEND_UNAVAILABLE when it has not been built.
 */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  try {
    addon ??= require('node-gyp-build')(packageRoot) as Addon;
  } catch (cause) {
    throw new ColonyError(
      'ERR_BACKEND_UNAVAILABLE',
      'the native addon of @colony/backend-kvm is not built: run `npm rebuild @colony/backend-kvm` (needs a C++ compiler, make and Python 3; Linux on x86-64)',
      { cause },
    );
  }
  return addon;
}

/** A native error as a ColonyError; anything else (a host callback's own exception) as it is. */
export function fromNative(error: unknown): unknown {
  const native = error as { code?: unknown; message?: string; details?: ErrorDetails };
  if (ColonyError.is(error) || typeof native?.code !== 'string' || native.details === undefined) return error;
  return new ColonyError(native.code as ErrorCode, native.message ?? '', { details: native.details });
}
