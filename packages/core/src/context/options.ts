/** Options of `createContext`, read once into a frozen object with all defaults. */
import { resolve } from 'node:path';
import { types } from 'node:util';
import type { BackendModule, BackendOptions } from '../backend.js';
import type { BackendName } from '../backends/list.js';
import { readBackend } from '../backends/open.js';
import { createRegistry, type Registry } from '../hypercalls/registry.js';
import type { ConsoleSink } from '../hypercalls/scope.js';
import type { Hypercalls } from '../hypercalls/types.js';
import { type Limits, type LimitsInput, readLimits, UNCHANGED } from '../options/limits.js';
import { OptionReader } from '../options/option-reader.js';
import { type FilePath, readPath } from '../options/paths.js';
import { parseSize } from '../options/units.js';
import type { Signal } from '../platform-types.js';
import { type CompiledPolicy, compilePolicy } from '../policy/compile.js';
import { narrow, pure } from '../policy/presets.js';
import type { Policy } from '../policy/types.js';
import { readProgram } from '../programs/check.js';
import type { AnyExports, Program } from '../programs/types.js';
import { onV8 } from '../programs/v8.js';
import { Snapshot } from '../snapshots/snapshot.js';
import { DEFAULT_SLICE_ABOVE } from '../wire/slices.js';
import type { ReadShipped, ShippedSnapshot } from './start-state.js';

/**
 * The number of shells that a backend keeps. One backend is opened, and shared, for each distinct set of pool and
 * options.
 */
export interface PoolOptions {
  /** Idle shells kept warm for each size class. Default: the backend's. */
  readonly warm?: number;
  /** Most shells at a time. Default: the backend's. */
  readonly max?: number;
  /** Native worker threads for `call`. Default: the backend's. */
  readonly threads?: number;
}

interface CommonOptions {
  /**
   * 'kvm', 'wasm', 'process', a registered name or a module. Default 'auto': the snapshot's backend, or else the first
   * of these that works here. If its boundary is weaker than that of 'kvm', the process warns once
   * (COLONY_WEAKER_WALL), and `startedFrom` has the reason.
   */
  readonly backend?: BackendName | BackendModule;
  /**
   * Prebuilt states of `program` in files. The first that fits the backend, its engine and this CPU is used. If none
   * fits, the program is evaluated, and `startedFrom` has the reasons.
   */
  readonly shipped?: readonly ShippedSnapshot[];
  /** Host functions. Each also needs a grant in `policy.hypercalls`. */
  readonly hypercalls?: Hypercalls;
  /** The permissions of the guest. Default: `pure`, which permits only computing. */
  readonly policy?: Policy;
  /** Narrows `policy.limits`. */
  readonly limits?: LimitsInput;
  /** Receives the guest's console output, if the policy grants it. Default: the host's console. */
  readonly console?: ConsoleSink;
  /**
   * The engine of a JavaScript program. 'v8': the Node that runs this process, as a guest, with its compilers, its globals
   * and its built-in modules; `{ v8: path }`: another Node. Only 'kvm' has it. Default: the backend's own.
   */
  readonly engine?: 'v8' | { readonly v8: FilePath };
  readonly pool?: PoolOptions;
  /**
   * Bytes, or a size such as '1 MiB'. Larger results and hypercalls of the guest are decoded in slices of about 10 ms,
   * so that other work of the event loop proceeds. Default 1 MiB; `Infinity`: never. `callSync` decodes in one go.
   */
  readonly sliceAbove?: number | string;
  /** Options of the backend itself. A backend refuses unknown options; 'auto' then tries the next backend. */
  readonly backendOptions?: Readonly<Record<string, unknown>>;
  /** Ends the creation with ERR_ABORTED. */
  readonly signal?: Signal;
}

interface FromProgram<E> extends CommonOptions {
  /** The program to run: `js`, `ts`, `native`, `wasm` and `component` make programs. */
  readonly program: Program<E>;
  readonly snapshot?: undefined;
}

interface FromSnapshot<E> extends CommonOptions {
  /** Starts from this frozen state instead of evaluating a program. */
  readonly snapshot: Snapshot<E>;
  /** The program of the snapshot, if present. */
  readonly program?: Program<E>;
}

/** Options of `createContext`: a program or a snapshot, and how to run it. */
export type ContextOptions<E = AnyExports> = FromProgram<E> | FromSnapshot<E>;

export interface FilledOptions {
  readonly backend: string | BackendModule;
  readonly program: Program<never>;
  readonly snapshot: Snapshot<never> | undefined;
  readonly shipped: readonly ReadShipped[];
  readonly registry: Registry;
  readonly policy: CompiledPolicy;
  readonly console: ConsoleSink;
  readonly backendOptions: BackendOptions;
  readonly sliceAbove: number;
  readonly signal: Signal | undefined;
}

const KEYS = [
  'backend',
  'program',
  'snapshot',
  'shipped',
  'hypercalls',
  'policy',
  'limits',
  'console',
  'engine',
  'pool',
  'sliceAbove',
  'backendOptions',
  'signal',
];

/** Options with known keys but unchecked values. */
type Given = Omit<FromProgram<never>, 'program' | 'snapshot'> & {
  readonly program?: Program<never>;
  readonly snapshot?: Snapshot<never>;
};

const hostConsole: ConsoleSink = (level, text) => console[level](text);

/** @throws ColonyError ERR_BAD_OPTION or ERR_BAD_POLICY */
export function readContextOptions(input: unknown): FilledOptions {
  const reader = new OptionReader('ERR_BAD_OPTION', 'options');
  const options = reader.object(input, '', KEYS) as unknown as Given;
  const { snapshot } = options;
  if (snapshot !== undefined && !isReal(snapshot, Snapshot)) reader.fail('snapshot', 'a Snapshot', snapshot);
  if (options.console !== undefined) reader.function(options.console, 'console');
  return Object.freeze({
    backend: backendOf(options, reader),
    program: programOf(options, reader),
    snapshot,
    shipped: readShipped(options, reader),
    registry: createRegistry(options.hypercalls, reader),
    policy: readPolicy(options, reader),
    console: options.console ?? hostConsole,
    backendOptions: readBackendOptions(options, reader),
    sliceAbove: readSliceAbove(options, reader),
    signal: readSignal(options.signal, reader),
  });
}

/** Only the backend of a snapshot can start from it, so it replaces 'auto'. */
function backendOf({ backend = 'auto', snapshot }: Given, reader: OptionReader): string | BackendModule {
  return readBackend(backend === 'auto' && snapshot !== undefined ? snapshot.backend : backend, reader);
}

/** Refuses a proxy of an instance, because its methods would throw. */
function isReal<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  return typeof value === 'object' && !types.isProxy(value) && value instanceof type;
}

function readSignal(signal: unknown, reader: OptionReader): Signal | undefined {
  if (signal === undefined) return undefined;
  // A signal made by hand from the prototype has no state, and reading `aborted` throws.
  const works = isReal(signal, AbortSignal) && reader.look('signal', () => typeof signal.aborted === 'boolean');
  return works ? (signal as Signal) : reader.fail('signal', 'an AbortSignal', signal);
}

function programOf({ program, snapshot, engine }: Given, reader: OptionReader): Program<never> {
  const onEngine = (read: Program<never>) => (engine === undefined ? read : forEngine(read, engine, reader));
  if (snapshot === undefined) return onEngine(readProgram(program, reader, 'program'));
  if (program !== undefined && onEngine(readProgram(program, reader, 'program')).hash !== snapshot.programHash) {
    reader.fail('program', 'no program, or the one that the snapshot was taken from', program.filename);
  }
  return snapshot.program;
}

function forEngine(program: Program<never>, engine: unknown, reader: OptionReader): Program<never> {
  if (program.kind === 'v8') return program;
  if (program.kind !== 'js') reader.fail('engine', 'nothing: only JavaScript programs have an engine', engine);
  if (engine === 'v8') return onV8(program);
  if (typeof engine !== 'object' || engine === null)
    reader.fail('engine', "'v8', or { v8: the path of a Node }", engine);
  const { v8 } = reader.object(engine, 'engine', ['v8']);
  return onV8(program, resolve(readPath(v8, reader, 'engine.v8')));
}

function readShipped({ shipped = [] }: Given, reader: OptionReader): readonly ReadShipped[] {
  return reader.list(shipped, 'shipped', (item, path) => {
    const keys = ['file', 'sha256', 'backend', 'engine'] as const;
    const options = reader.object(item, path, keys);
    const file = readPath(options['file'], reader, `${path}.file`);
    const text = (key: (typeof keys)[number]) => reader.string(options[key], `${path}.${key}`);
    return Object.freeze({ file, sha256: text('sha256'), backend: text('backend'), engine: text('engine') });
  });
}

function readPolicy(options: Given, reader: OptionReader): CompiledPolicy {
  const policy = options.policy === undefined ? pure : options.policy;
  if (options.limits === undefined) return compilePolicy(policy);
  const limits = readLimits(options.limits, reader, 'limits');
  // Limits narrow a policy if there is one; otherwise they are the limits.
  return compilePolicy(options.policy === undefined ? { limits } : narrow(policy, { inherit: true, limits }));
}

function readBackendOptions(options: Given, reader: OptionReader): BackendOptions {
  const pool = options.pool === undefined ? {} : reader.object(options.pool, 'pool', ['warm', 'max', 'threads']);
  const numbers = Object.entries(pool)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, reader.integer(value, `pool.${key}`, key === 'warm' ? 0 : 1, 65536)]);
  const others = options.backendOptions === undefined ? {} : reader.object(options.backendOptions, 'backendOptions');
  return Object.freeze({ ...others, ...Object.fromEntries(numbers) });
}

function readSliceAbove({ sliceAbove = DEFAULT_SLICE_ABOVE }: Given, reader: OptionReader): number {
  return parseSize(sliceAbove) ?? reader.fail('sliceAbove', "a size such as '1 MiB', or bytes", sliceAbove);
}

export interface CallOptions {
  /** Ends the call with ERR_ABORTED; its reason becomes the error's cause. `callSync` checks it only beforehand. */
  readonly signal?: Signal;
  /** Limits of this call. They can only narrow the context's limits. */
  readonly limits?: LimitsInput;
  /**
   * `fresh` (default): the call begins from the start state and leaves nothing behind. `keep`: state persists, and
   * calls run one after the other.
   */
  readonly state?: 'fresh' | 'keep';
}

export interface FilledCallOptions {
  readonly signal: Signal | undefined;
  readonly limits: Partial<Limits>;
  readonly keep: boolean;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function readCallOptions(input: CallOptions): FilledCallOptions {
  const reader = new OptionReader('ERR_BAD_OPTION', 'call options');
  const options = reader.object(input, '', ['signal', 'limits', 'state']);
  const { state } = options;
  const signal = readSignal(options['signal'], reader);
  if (state !== undefined && state !== 'fresh' && state !== 'keep') reader.fail('state', "'fresh' or 'keep'", state);
  const limits = options.limits === undefined ? UNCHANGED : readLimits(options.limits, reader, 'limits');
  return Object.freeze({ signal, limits, keep: state === 'keep' });
}
