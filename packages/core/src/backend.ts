/**
 * The contract between core and a backend. Core validates, decides policy, encodes values and counts budgets. A backend
 * passes bytes through an isolated guest and enforces the numeric limits that it gets. A backend handles no JavaScript
 * values: frames are opaque bytes (see `frames.ts`).
 */

import { OptionReader } from './options/option-reader.js';
import type { Signal } from './platform-types.js';

/** A program as a backend gets it: resolved, immutable, content-addressed. */
export type ResolvedProgram =
  | {
      readonly kind: 'js';
      /** Specifier of the main module, as stack traces show it: a file path or an invented name. */
      readonly filename: string;
      /** Source of the ES module: JavaScript, with types already stripped. */
      readonly source: string;
      /** The other modules by resolved specifier. */
      readonly modules: Readonly<Record<string, string>>;
      /** SHA-256, in hex, of all the fields above. */
      readonly hash: string;
    }
  | {
      readonly kind: 'native';
      /** A virtine image: ELF64 with a Colony note. `cFile` is C source instead, for the backend's builder. */
      readonly image?: Uint8Array;
      /** A fat program: one image for each backend that may run it. */
      readonly images?: NativeImages;
      readonly cFile?: string;
      readonly cFlags?: readonly string[];
      readonly filename: string;
      readonly hash: string;
    }
  | { readonly kind: 'wasm'; readonly module: Uint8Array; readonly filename: string; readonly hash: string }
  /** A WebAssembly component (component model). */
  | { readonly kind: 'component'; readonly component: Uint8Array; readonly filename: string; readonly hash: string }
  /** An unmodified Linux executable with its read-only files. */
  | {
      readonly kind: 'linux';
      /** The executable's path in the guest, as a call's arguments begin with it. */
      readonly filename: string;
      /** SHA-256, in hex, of the executable's bytes. The contents of other files of the host are not part of the hash. */
      readonly executable: string;
      readonly files: readonly LinuxFile[];
      /** Arguments before those of a call. */
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly hash: string;
    }
  /** A JavaScript program for a Node that runs as a guest. */
  | {
      readonly kind: 'v8';
      readonly filename: string;
      readonly source: string;
      readonly modules: Readonly<Record<string, string>>;
      /** That Node, which serves the calls. */
      readonly engine: LinuxProgram;
      readonly hash: string;
    };

/** A Linux program as a backend gets it. */
export type LinuxProgram = Extract<ResolvedProgram, { readonly kind: 'linux' }>;

/**
 * One path of a Linux program's read-only files, absolute and normalized: a file or directory of the host, bytes, or a
 * link in the guest's namespace.
 */
export type LinuxFile =
  | { readonly path: string; readonly host: string }
  | { readonly path: string; readonly content: Uint8Array }
  | { readonly path: string; readonly link: string };

/**
 * The same program for kvm (an ELF image with a Colony note), wasm (a core module) and process (a Linux executable).
 */
export interface NativeImages {
  readonly virtine?: Uint8Array;
  readonly wasm32?: Uint8Array;
  readonly process?: Uint8Array;
}

export type ProgramKind = ResolvedProgram['kind'];

export const PROGRAM_KINDS = [
  'js',
  'native',
  'wasm',
  'component',
  'linux',
  'v8',
] as const satisfies readonly ProgramKind[];

/** The boundary between guest and host. */
export type Boundary = 'virtual-machine' | 'wasm' | 'process' | 'thread' | 'none';

/**
 * Further mechanisms that confine a guest's process. A backend lists only those that it applied on this machine. A
 * policy may demand them (`policy.isolation.mechanisms`).
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

/** Limits that a backend enforces itself. Core counts the others. */
export const LIMIT_KINDS = ['memory', 'wallTime', 'cpuTime', 'output'] as const;

export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Capabilities that a backend declares. The conformance suite tests that each one is present or absent as declared. */
export interface Capabilities {
  readonly programs: readonly ProgramKind[];
  /** `callSync` runs the guest on the calling thread. */
  readonly callSync: boolean;
  /** Guest state can be frozen, and new contexts can start from it. */
  readonly snapshot: boolean;
  /** Snapshots can be written to and read from a file. */
  readonly snapshotFile: boolean;
  /** In `call`, a guest may wait for async host functions. */
  readonly asyncHypercalls: boolean;
  /** `{ state: 'keep' }`: guest state persists from call to call. */
  readonly keepState: boolean;
  /** Which limits the backend really enforces. */
  readonly limits: Readonly<Record<LimitKind, boolean>>;
  readonly boundary: Boundary;
  readonly mechanisms: readonly Mechanism[];
}

/** The capabilities of a backend for all kinds of program. `cells` overrides some of them for a kind of program. */
export interface BackendCapabilities extends Capabilities {
  /** Why the backend does not run a kind of program, for messages. */
  readonly excludes?: Readonly<Partial<Record<ProgramKind, string>>>;
  readonly cells?: Readonly<Partial<Record<ProgramKind, Partial<Omit<Capabilities, 'programs'>>>>>;
}

/**
 * Returns a backend's capabilities for one kind of program.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function capabilitiesFor(capabilities: BackendCapabilities, kind: ProgramKind): Capabilities {
  const reader = new OptionReader('ERR_BAD_OPTION', 'capabilitiesFor');
  const { cells, excludes: _excludes, ...own } = reader.object(capabilities, 'capabilities');
  reader.word(kind, 'kind', PROGRAM_KINDS);
  const cell = cells === undefined ? undefined : reader.object(cells, 'capabilities.cells')[kind];
  const differs = cell === undefined ? {} : reader.object(cell, `capabilities.cells.${kind}`);
  return Object.freeze({ ...own, ...differs }) as unknown as Capabilities;
}

/** Limits that a backend enforces for one run. All are present; `Infinity` means unlimited. */
export interface RunLimits {
  /** Bytes of guest memory: all pages that the guest owns. */
  readonly memory: number;
  /** Milliseconds of wall time. Time that the run waits for a host function counts. */
  readonly wallTime: number;
  /** Milliseconds of CPU time in the guest. */
  readonly cpuTime: number;
  /** Most bytes of the result frame, and of one hypercall request. */
  readonly output: number;
}

/**
 * Handles one hypercall request frame and returns the reply frame. Never throws and never rejects. Segments may be the
 * user's own buffers, so copy them before control returns to the event loop.
 */
export type HypercallHandler = (request: Uint8Array) => Uint8Array[] | Promise<Uint8Array[]>;

export interface RunRequest {
  /** Request frame as segments; their concatenation is the frame. `run` copies them before it returns its promise. */
  readonly input: readonly Uint8Array[];
  readonly limits: RunLimits;
  /**
   * `fresh`: the run begins from the instance's start state and leaves nothing behind. `keep`: the run continues the
   * kept state.
   */
  readonly state: 'fresh' | 'keep';
  readonly onHypercall: HypercallHandler;
  /**
   * Ends the run with ERR_ABORTED. Core handles signals that are aborted beforehand. An abort after the run has no
   * effect.
   */
  readonly signal?: Signal | undefined;
}

export interface RunResult {
  /** Reply frame: a private copy, owned by the caller. */
  readonly output: Uint8Array;
  readonly usage: RunUsage;
}

export interface RunUsage {
  /** Milliseconds of wall time. */
  readonly wallTime: number;
  /** Milliseconds of CPU time in the guest; 0 if the backend does not measure it. */
  readonly cpuTime: number;
  /** Bytes of guest memory at the end of the run. */
  readonly memory: number;
  /** Pages that the run wrote, if the backend knows. */
  readonly dirtyPages: number;
}

/** A frozen state. Contexts share it; the backend frees it by reference counting. */
export interface BackendSnapshot {
  readonly backend: string;
  /** Bytes of guest memory in the snapshot. */
  readonly size: number;
  /**
   * Images built from the program's C file, if it has one. A snapshot file stores these, because a path would be
   * useless there.
   */
  readonly built?: NativeImages | undefined;
  /** Self-describing bytes for `Snapshot.save`. Absent if `snapshotFile` is false. */
  serialize?(): Uint8Array;
  dispose(): void;
}

/** One context in a backend. Core calls each method only in a state that permits it. */
export interface BackendInstance {
  run(request: RunRequest): Promise<RunResult>;
  /**
   * Present exactly if `capabilities.callSync`. If `onHypercall` returns a promise, the run fails with
   * ERR_ASYNC_IN_SYNC.
   */
  runSync?(request: RunRequest): RunResult;
  /** Freezes the current state: the kept state if there is one, else the start state. */
  snapshot(): Promise<BackendSnapshot>;
  /** Drops kept state. The next run begins from the start state. */
  reset(): Promise<void>;
  /** Idempotent. Ends active runs with ERR_DISPOSED. */
  dispose(): Promise<void>;
  /** Names of the program's exported functions, if known. */
  readonly exports?: readonly string[];
}

/** Prebuilt states of a program, in files. */
export interface ShippedStart {
  /**
   * SHA-256, in hex, of the program's hash and the files' hashes. A state that `loadPrebuilt` returned may be cached
   * under this key only, and shared with contexts of the same key. The state is a file's claim, not the result of
   * evaluation.
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
  /** Starts from this snapshot instead of evaluating the program. */
  readonly snapshot?: BackendSnapshot;
  /** Prebuilt states of this JavaScript program, if the caller has some. */
  readonly shipped?: ShippedStart;
  readonly limits: RunLimits;
  /**
   * Serves hypercalls during the evaluation of the program. Contexts of the same program may share an evaluated state
   * only if it made none, because each context has its own policy and host functions. Those for a Linux program's files do
   * not count.
   */
  readonly onHypercall: HypercallHandler;
  /**
   * Load frame for `js` and `linux`, as segments: see frames.ts. Pass the result frame to `readLoadResult`, which throws the errors
   * of loading.
   */
  readonly loadFrame: readonly Uint8Array[];
  /** Encodes the load frame of a v8 program's engine: a Linux program that serves the calls itself. */
  readonly engineFrame?: readonly Uint8Array[] | undefined;
  readonly signal?: Signal | undefined;
}

export interface DoctorFinding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Advice that makes the check pass; present if it failed. */
  readonly remedy?: string;
  /** If true, a failed check does not stop the backend: it works with less (see `Capabilities.mechanisms`). */
  readonly optional?: boolean;
}

/**
 * Returns whether a finding stops a backend from working.
 * @throws ColonyError ERR_BAD_OPTION
 */
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
   * Names the JavaScript engine together with the guest runtime. If two backends of one name return the same value,
   * they evaluate a program to the same state. Prebuilt states need it.
   */
  engine?(): Promise<string>;
  stats(): Readonly<Record<string, number>>;
  /** Ends everything that the backend holds. */
  dispose(): Promise<void>;
}

export interface BackendOptions {
  /** Idle shells that are kept warm, for each size class. */
  readonly warm?: number;
  /** Native worker threads for `call`. */
  readonly threads?: number;
  readonly [key: string]: unknown;
}

/** The `backend` export of a backend package. */
export interface BackendModule {
  readonly name: string;
  /** Checks whether the backend can work here, and advises if not. Cheap and without side effects. */
  doctor(): Promise<readonly DoctorFinding[]>;
  open(options: BackendOptions): Promise<Backend>;
}
