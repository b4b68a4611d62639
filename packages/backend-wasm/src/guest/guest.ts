/**
 * A guest turns request frames into result frames (see contracts.md). It runs in one thread, a worker or the caller's
 * own, and the same code runs in both. The factory of its kind makes it from a prepared program, which crosses to workers
 * as it is. Everything here is synchronous.
 */
import type { GuestHost } from './host.js';

/**
 * A frozen state. It crosses between threads without a copy: its memory is shared and never written again. Kept state
 * has memory that is not shared: it goes to the thread that runs the next call, and comes back with the result.
 */
export interface GuestState {
  /** The whole linear memory; empty if the program has none. */
  readonly memory: Uint8Array;
  /** Values of the mutable globals, in the module's order; a function by its index, -1 for null. */
  readonly globals: readonly (number | bigint)[];
  /** Contents of the tables, by function index, -1 for null; only of modules that write to their tables. */
  readonly tables: readonly Int32Array[];
  /** Values in the guest's memory that the host's half of the guest refers to. */
  readonly roots: readonly bigint[];
}

export interface Guest {
  /** Serves one request frame. The result is the caller's own. */
  serve(request: Uint8Array): Uint8Array;
  /** Bytes that the guest holds at present; they count against `limits.memory`. */
  readonly memory: number;
  /** Pages written since the last known state, if the guest tracks them. */
  readonly dirtyPages?: number;
  /** The present state. Absent, like the next two, if this kind of program cannot be frozen. */
  freeze?(): GuestState;
  /** The present state, written over an older one if it fits. */
  save?(over: GuestState): GuestState;
  /** Goes back to a state. Returns `false` if it cannot (its memory grew): then a new guest is needed. */
  restore?(state: GuestState): boolean;
}

/**
 * Makes a guest. With a state, it continues from there; without, from the program's own beginning (start functions
 * and constructors have run; a hypercall meanwhile is a RunEnd).
 */
export type GuestFactory<Program> = (program: Program, host: GuestHost, state?: GuestState) => Guest;
