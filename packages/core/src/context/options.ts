/** Options of `createContext`, read once into a frozen, filled object. */
import type { BackendModule, BackendOptions } from '../backend.js';
import { createRegistry, type Registry } from '../hypercalls/registry.js';
import type { ConsoleSink } from '../hypercalls/scope.js';
import type { Hypercalls } from '../hypercalls/types.js';
import { type Limits, type LimitsInput, readLimits, UNCHANGED } from '../limits.js';
import { type CompiledPolicy, compilePolicy } from '../policy/compile.js';
import { narrow, pure } from '../policy/presets.js';
import type { Policy } from '../policy/types.js';
import type { AnyExports, Program } from '../programs/types.js';
import { Snapshot } from '../snapshot.js';
import { Reader } from '../validate.js';
import type { ShippedSnapshot } from './start.js';

/** How many shells a backend keeps. One backend is opened per distinct pool and options, and shared. */
export interface PoolOptions {
  /** Idle shells kept warm per size class. Default: the backend's. */
  readonly warm?: number;
  /** Most shells at a time. Default: the backend's. */
  readonly max?: number;
  /** Native worker threads for `call`. Default: the backend's. */
  readonly threads?: number;
}

export interface ContextOptions<E = AnyExports> {
  /** 'kvm', 'wasm', 'process', a registered name, or 'auto' (default): the strongest that works. */
  readonly backend?: string | BackendModule;
  /** What to run. Not needed with `snapshot`. */
  readonly program?: Program<E>;
  /** Start from this frozen state instead of evaluating a program. */
  readonly snapshot?: Snapshot<E>;
  /**
   * The evaluated state of `program` in files, made beforehand: the first that fits the backend, its engine and this
   * CPU is started from. Where none does, the program is evaluated, and `startedFrom` says why.
   */
  readonly shipped?: readonly ShippedSnapshot[];
  /** Host functions. Each also needs a grant in `policy.hypercalls`. */
  readonly hypercalls?: Hypercalls;
  /** What the guest may do. Default: `pure`, nothing but computing. */
  readonly policy?: Policy;
  /** Narrows `policy.limits`. */
  readonly limits?: LimitsInput;
  /** Gets the guest's console output, where the policy grants it. Default: the host's console. */
  readonly console?: ConsoleSink;
  readonly pool?: PoolOptions;
  /** Passed to the backend as they are. */
  readonly backendOptions?: Readonly<Record<string, unknown>>;
  /** Ends the creation with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

export interface FilledOptions {
  readonly backend: string | BackendModule;
  readonly program: Program<never>;
  readonly snapshot: Snapshot<never> | undefined;
  readonly shipped: readonly ShippedSnapshot[];
  readonly registry: Registry;
  readonly policy: CompiledPolicy;
  readonly console: ConsoleSink;
  readonly backendOptions: BackendOptions;
  readonly signal: AbortSignal | undefined;
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
  'pool',
  'backendOptions',
  'signal',
];

const hostConsole: ConsoleSink = (level, text) => console[level](text);

/** @throws ColonyError ERR_BAD_OPTION or ERR_BAD_POLICY */
export function readContextOptions(input: unknown): FilledOptions {
  const reader = new Reader('ERR_BAD_OPTION', 'options');
  const given = reader.object(input, '', KEYS) as ContextOptions<never>;
  const { snapshot, signal } = given;
  if (snapshot !== undefined && !(snapshot instanceof Snapshot)) reader.fail('snapshot', 'a Snapshot', snapshot);
  if (signal !== undefined && !(signal instanceof AbortSignal)) reader.fail('signal', 'an AbortSignal', signal);
  if (given.console !== undefined && typeof given.console !== 'function')
    reader.fail('console', 'a function', given.console);
  return Object.freeze({
    backend: readBackend(given, reader),
    program: readProgram(given, reader),
    snapshot,
    shipped: readShipped(given, reader),
    registry: createRegistry(given.hypercalls, reader),
    policy: readPolicy(given, reader),
    console: given.console ?? hostConsole,
    backendOptions: readBackendOptions(given, reader),
    signal,
  });
}

function readBackend(given: ContextOptions<never>, reader: Reader): string | BackendModule {
  const backend = given.backend ?? given.snapshot?.backend ?? 'auto';
  if (typeof backend === 'object' && backend !== null && typeof backend.open === 'function') return backend;
  if (typeof backend !== 'string') reader.fail('backend', 'a name or a backend module', backend);
  return backend;
}

function readProgram(given: ContextOptions<never>, reader: Reader): Program<never> {
  if (given.snapshot !== undefined) {
    if (given.program !== undefined && given.program.hash !== given.snapshot.programHash) {
      reader.fail('program', 'no program, or the one that the snapshot was taken from', given.program.filename);
    }
    return given.snapshot.program as Program<never>;
  }
  const program = given.program as Program<never> | undefined;
  if (typeof program?.resolved !== 'object' || program.resolved === null) {
    reader.fail('program', 'a program, such as js`...`, js.file(path) or native.c(path)', program);
  }
  return program;
}

function readShipped({ shipped = [] }: ContextOptions<never>, reader: Reader): readonly ShippedSnapshot[] {
  return reader.list(shipped, 'shipped', (item, path) => {
    const keys = ['file', 'sha256', 'backend', 'engine'] as const;
    const given = reader.object(item, path, keys);
    const [file, sha256, backend, engine] = keys.map((key) => reader.string(given[key], `${path}.${key}`));
    return Object.freeze({ file: file!, sha256: sha256!, backend: backend!, engine: engine! });
  });
}

function readPolicy(given: ContextOptions<never>, reader: Reader): CompiledPolicy {
  const policy = given.policy ?? pure;
  if (given.limits === undefined) return compilePolicy(policy);
  readLimits(given.limits, reader, 'limits');
  // With a policy they narrow it; without, they say what the limits are.
  return compilePolicy(
    given.policy === undefined ? { limits: given.limits } : narrow(policy, { limits: given.limits }),
  );
}

function readBackendOptions(given: ContextOptions<never>, reader: Reader): BackendOptions {
  const pool = given.pool === undefined ? {} : reader.object(given.pool, 'pool', ['warm', 'max', 'threads']);
  const numbers = Object.entries(pool)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, reader.integer(value, `pool.${key}`, key === 'warm' ? 0 : 1, 65536)]);
  const others = given.backendOptions === undefined ? {} : reader.object(given.backendOptions, 'backendOptions');
  return Object.freeze({ ...others, ...Object.fromEntries(numbers) });
}

export interface CallOptions {
  /** Ends the call with ERR_ABORTED; its reason is the error's cause. Only looked at beforehand in `callSync`. */
  readonly signal?: AbortSignal;
  /** Can only narrow the context's limits. */
  readonly limits?: LimitsInput;
  /** `fresh` (default): from the start state, no trace left. `keep`: state lives on, calls go one after the other. */
  readonly state?: 'fresh' | 'keep';
}

export interface FilledCallOptions {
  readonly signal: AbortSignal | undefined;
  readonly limits: Partial<Limits>;
  readonly keep: boolean;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function readCallOptions(input: CallOptions): FilledCallOptions {
  const reader = new Reader('ERR_BAD_OPTION', 'call options');
  const given = reader.object(input, '', ['signal', 'limits', 'state']);
  const { signal, state } = given;
  if (signal !== undefined && !(signal instanceof AbortSignal)) reader.fail('signal', 'an AbortSignal', signal);
  if (state !== undefined && state !== 'fresh' && state !== 'keep') reader.fail('state', "'fresh' or 'keep'", state);
  const limits = given.limits === undefined ? UNCHANGED : readLimits(given.limits, reader, 'limits');
  return Object.freeze({ signal: signal as AbortSignal | undefined, limits, keep: state === 'keep' });
}
