/**
 * The contract between core and a backend. Core validates, decides policy, encodes values and
 * counts budgets; a backend runs bytes through an isolated guest and enforces the numbers it is
 * given. Nothing in here knows JavaScript values: frames are opaque bytes (see `frames.ts`).
 */

import { OptionReader } from './options/option-reader.js';
import type { Signal } from './platform-types.js';

/** How a program reaches a backend: resolved, immutable, content-addressed. */
export type ResolvedProgram =
  | {
      readonly kind: 'js';
      /** Main module's specifier as it appears in stack traces (a file path or a made-up name). */
      readonly filename: string;
      /** ES module source, JavaScript (types already stripped). */
      readonly source: string;
      /** Further modules by resolved specifier. */
      readonly modules: Readonly<Record<string, string>>;
      /** SHA-256, hex, over everything above. */
      readonly hash: string;
    }
  | {
      readonly kind: 'native';
      /** A virtine image (ELF64 with a Colony note), or C source for the backend's builder. */
      readonly image?: Uint8Array;
      /** Or one of each for the backends that it may meet: a fat program. */
      readonly images?: NativeImages;
      readonly cFile?: string;
      readonly cFlags?: readonly string[];
      readonly filename: string;
      readonly hash: string;
    }
  | { readonly kind: 'wasm'; readonly module: Uint8Array; readonly filename: string; readonly hash: string }
  /** A WebAssembly component (component model). */
  | { readonly kind: 'component'; readonly component: Uint8Array; readonly filename: string; readonly hash: string };

/** The same program for kvm (an ELF image with a Colony note), wasm (a core module) and process (a Linux executable). */
export interface NativeImages {
  readonly virtine?: Uint8Array;
  readonly wasm32?: Uint8Array;
  readonly process?: Uint8Array;
}

export type ProgramKind = ResolvedProgram['kind'];

export const PROGRAM_KINDS = ['js', 'native', 'wasm', 'component'] as const satisfies readonly ProgramKind[];

/** What stands between guest and host. */
export type Boundary = 'virtual-machine' | 'wasm' | 'process' | 'thread' | 'none';

/**
 * What else confines a guest's process, as far as it was really applied here. A policy may demand them
 * (`policy.isolation.mechanisms`).
 */
export const MECHANISMS = [
  'user-namespace',
  'mount-namespace',
  'network-namespace',
  'pid-namespace',
  'ipc-namespace',
  'empty-root',
  'no-new-privileges',
  'no-capabilities',
  'seccomp',
  'landlock',
  'rlimits',
  'cgroup',
  'cleared-environment',
  'closed-descriptors',
  'dies-with-parent',
] as const;

export type Mechanism = (typeof MECHANISMS)[number];

/** What a backend itself enforces; core counts the rest. */
export const LIMIT_KINDS = ['memory', 'wallTime', 'cpuTime', 'output'] as const;

export type LimitKind = (typeof LIMIT_KINDS)[number];

/** What a backend says it can do; the conformance suite tests presence and absence. */
export interface Capabilities {
  readonly programs: readonly ProgramKind[];
  /** `callSync` runs the guest on the calling thread. */
  readonly callSync: boolean;
  /** Guest state can be frozen and new contexts started from it. */
  readonly snapshot: boolean;
  /** Snapshots can be written to and read from a file. */
  readonly snapshotFile: boolean;
  /** Async host functions may be awaited by a guest in `call`. */
  readonly asyncHypercalls: boolean;
  /** `{ state: 'keep' }`: guest state lives on from call to call. */
  readonly keepState: boolean;
  /** Which limits are really enforced, and by what. */
  readonly limits: Readonly<Record<LimitKind, boolean>>;
  readonly boundary: Boundary;
  readonly mechanisms: readonly Mechanism[];
}

/** A backend's capabilities; a kind of program may differ in some. */
export interface BackendCapabilities extends Capabilities {
  readonly cells?: Readonly<Partial<Record<ProgramKind, Partial<Omit<Capabilities, 'programs'>>>>>;
}

/** What a backend can do for one kind of program. @throws ColonyError ERR_BAD_OPTION */
export function capabilitiesFor(capabilities: BackendCapabilities, kind: ProgramKind): Capabilities {
  const reader = new OptionReader('ERR_BAD_OPTION', 'capabilitiesFor');
  const { cells, ...own } = reader.object(capabilities, 'capabilities');
  reader.word(kind, 'kind', PROGRAM_KINDS);
  const cell = cells === undefined ? undefined : reader.object(cells, 'capabilities.cells')[kind];
  const differs = cell === undefined ? {} : reader.object(cell, `capabilities.cells.${kind}`);
  return Object.freeze({ ...own, ...differs }) as unknown as Capabilities;
}

/** Limits that a backend enforces for one run. All present; `Infinity` means none. */
export interface RunLimits {
  /** Guest memory, bytes, all pages the guest owns. */
  readonly memory: number;
  /** Milliseconds of wall time; time parked in a host function counts. */
  readonly wallTime: number;
  /** Milliseconds of CPU time spent in the guest. */
  readonly cpuTime: number;
  /** Bytes of the result frame, and of one hypercall request. */
  readonly output: number;
}

/**
 * Handles one hypercall request frame; gives the reply frame. Never throws, never rejects. Segments may be the
 * user's own buffers: copy them before control goes back to the event loop.
 */
export type HypercallHandler = (request: Uint8Array) => Uint8Array[] | Promise<Uint8Array[]>;

export interface RunRequest {
  /** Request frame, as segments whose concatenation is the frame; copied in before `run` returns its promise. */
  readonly input: readonly Uint8Array[];
  readonly limits: RunLimits;
  /** `fresh`: starts from the instance's snapshot and leaves no trace. `keep`: state goes on. */
  readonly state: 'fresh' | 'keep';
  readonly onHypercall: HypercallHandler;
  /** Ends the run with ERR_ABORTED. Already-aborted signals are handled by core. May be aborted after the run, too: then it means nothing. */
  readonly signal?: Signal | undefined;
}

export interface RunResult {
  /** Reply frame: a private copy that the caller owns. */
  readonly output: Uint8Array;
  readonly usage: RunUsage;
}

export interface RunUsage {
  /** Milliseconds. */
  readonly wallTime: number;
  /** Milliseconds of CPU time in the guest, where measured (0 where not). */
  readonly cpuTime: number;
  /** Bytes of guest memory at the end of the run. */
  readonly memory: number;
  /** Pages that the run wrote, where known. */
  readonly dirtyPages: number;
}

/** A frozen state. Shared: disposed by reference counting in the backend. */
export interface BackendSnapshot {
  readonly backend: string;
  /** Bytes of guest memory that it holds. */
  readonly size: number;
  /** What the program's C file was built to, where it is of one: a snapshot file has no use for a path. */
  readonly built?: NativeImages | undefined;
  /** Self-describing bytes for `Snapshot.save`; absent where `snapshotFile` is false. */
  serialize?(): Uint8Array;
  dispose(): void;
}

/** One context in a backend. Core never calls it in a state in which it may not be called. */
export interface BackendInstance {
  run(request: RunRequest): Promise<RunResult>;
  /** Present exactly where `capabilities.callSync`. `onHypercall` returning a promise fails the run with ERR_ASYNC_IN_SYNC. */
  runSync?(request: RunRequest): RunResult;
  /** Freezes the present state (kept state if any, else the start state). */
  snapshot(): Promise<BackendSnapshot>;
  /** Drops kept state: the next run starts from the start state. */
  reset(): Promise<void>;
  /** Idempotent. Runs still going are ended with ERR_DISPOSED. */
  dispose(): Promise<void>;
  /** Names of the program's exported functions, where known. */
  readonly exports?: readonly string[];
}

/** Prebuilt start states of a program, in files. */
export interface ShippedStart {
  /**
   * SHA-256, hex, over the program's hash and those of the files. A state that `loadPrebuilt` returned may be cached under
   * this key only, and shared with contexts of the same key: it is what a file says, not what evaluation returned.
   */
  readonly key: string;
  /**
   * Looks up a prebuilt start state. Call it before evaluating, unless a state is cached. `restore` makes a start state
   * from a snapshot. Resolves to `undefined` if there is none or `restore` throws; then evaluate the program.
   */
  loadPrebuilt<T>(
    restore: (snapshot: BackendSnapshot, exports: readonly string[] | undefined) => Promise<T> | T,
  ): Promise<T | undefined>;
}

export interface InstanceOptions {
  readonly program: ResolvedProgram;
  /** Start from this instead of evaluating the program. */
  readonly snapshot?: BackendSnapshot;
  /** Prebuilt start states of this JavaScript program, if the caller has some. */
  readonly shipped?: ShippedStart;
  readonly limits: RunLimits;
  /**
   * Serves hypercalls made while the program is evaluated. An evaluated state may be shared among contexts
   * of the same program only if it made none: each context has its own policy and host functions.
   */
  readonly onHypercall: HypercallHandler;
  /** Load frame for `js`: see frames.ts. Segments. Give the result frame to `readLoadResult`, which throws what is to be thrown. */
  readonly loadFrame: readonly Uint8Array[];
  readonly signal?: Signal | undefined;
}

export interface DoctorFinding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; present where not ok. */
  readonly remedy?: string;
  /** Not ok does not keep the backend from working: it works with less (see `Capabilities.mechanisms`). */
  readonly optional?: boolean;
}

/** Does a finding keep a backend from working? @throws ColonyError ERR_BAD_OPTION */
export function prevents(finding: DoctorFinding): boolean {
  const { ok, optional } = new OptionReader('ERR_BAD_OPTION', 'prevents').object(finding, 'finding');
  return ok !== true && optional !== true;
}

export interface Backend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  createInstance(options: InstanceOptions): Promise<BackendInstance>;
  deserializeSnapshot?(bytes: Uint8Array): Promise<BackendSnapshot>;
  /**
   * Names the JavaScript engine with the guest runtime in it: where two backends of one name say the same, an evaluated
   * state of one is what the other would have made. Needed for states that are shipped.
   */
  engine?(): Promise<string>;
  stats(): Readonly<Record<string, number>>;
  /** Ends everything the backend holds. */
  dispose(): Promise<void>;
}

export interface BackendOptions {
  /** Idle shells kept warm per size class. */
  readonly warm?: number;
  /** Native worker threads for `call`. */
  readonly threads?: number;
  readonly [key: string]: unknown;
}

/** What a backend package exports as `backend`. */
export interface BackendModule {
  readonly name: string;
  /** Cheap and without side effects: can it work here, and if not, what to do. */
  doctor(): Promise<readonly DoctorFinding[]>;
  open(options: BackendOptions): Promise<Backend>;
}
