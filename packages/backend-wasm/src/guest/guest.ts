/**
 * What runs in one thread, a worker or the caller's own: a guest turns request frames into result frames (see
 * contracts.md). It is made from a prepared program, which crosses to workers as it is, by a factory of the program's
 * kind; the same code runs in both places. Everything here is synchronous.
 */
import type { GuestHost } from './host.js';

/**
 * A frozen state. Crosses between threads without being copied: its memory is shared and never written again. That of
 * kept state is no shared memory: it goes to the thread that runs the next call, and comes back with the result.
 */
export interface GuestState {
  /** The whole linear memory; empty where the program has none. */
  readonly memory: Uint8Array;
  /** Values of the mutable globals, in the module's order; a function by its index, -1 for null. */
  readonly globals: readonly (number | bigint)[];
  /** Contents of the tables, by function index, -1 for null; only of modules that write to their tables. */
  readonly tables: readonly Int32Array[];
  /** Values that the host's side of the guest holds on to in its memory. */
  readonly roots: readonly bigint[];
}

export interface Guest {
  /** Serves one request frame. The result is the caller's own. */
  serve(request: Uint8Array): Uint8Array;
  /** Bytes that the guest holds at present; they count against `limits.memory`. */
  readonly memory: number;
  /** Pages that it wrote since it was last in a state that it knows, where it can tell. */
  readonly dirtyPages?: number;
  /** The present state. Absent, like the other two, where this kind of program cannot be frozen. */
  freeze?(): GuestState;
  /** The present state, in the place of an older one where it fits. */
  save?(over: GuestState): GuestState;
  /** Goes back to a state. `false` where that cannot be done (its memory grew): a new guest has to be made. */
  restore?(state: GuestState): boolean;
}

/**
 * Makes a guest. With a state, it continues from there; without, from the program's own beginning (start functions
 * and constructors have run; a hypercall meanwhile is a RunEnd).
 */
export type GuestFactory<Program> = (program: Program, host: GuestHost, state?: GuestState) => Guest;
