/** Runs calls: permission, policy, limits, deadline, errors. It is the only way to a backend's instance. */
import type {
  BackendInstance,
  Capabilities,
  HypercallHandler,
  RunLimits,
  RunRequest,
  RunResult,
  RunUsage,
} from '../backend.js';
import { ColonyError } from '../errors.js';
import { createHandler, nesting } from '../hypercalls/dispatch.js';
import { CallScope, type ScopeOwner } from '../hypercalls/scope.js';
import type { UnsupportedCalls, UnsupportedSyscalls } from '../linux/unsupported.js';
import { type Limits, narrowLimits } from '../options/limits.js';
import type { Signal } from '../platform-types.js';
import { type CodecLimits, concat, DEFAULT_CODEC_LIMITS, FRAME_LIMITS, sizeOf } from '../wire/codec/index.js';
import { asOutcome, decodeResult, type Outcome } from '../wire/frames.js';
import { decodeInSlices } from '../wire/slices.js';
import { Lifecycle } from './lifecycle.js';
import type { FilledCallOptions } from './options.js';

/** Totals over a context's life. */
export interface ContextStats {
  readonly calls: number;
  readonly errors: number;
  readonly hypercalls: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Sum in milliseconds. */
  readonly wallTime: number;
  readonly cpuTime: number;
  /** Bytes of guest memory and pages written in the last call, if the backend knows. */
  readonly memory: number;
  readonly dirtyPages: number;
  /** Present for a Linux program: the system calls that it made and the library OS does not have, by name. */
  readonly unsupportedSyscalls?: UnsupportedSyscalls;
}

type Totals = { -readonly [Key in Exclude<keyof ContextStats, 'unsupportedSyscalls'>]: number };

/** The parts of a call. They are made before the call's turn is known. */
export interface PreparedCall {
  readonly input: Uint8Array[];
  readonly scope: CallScope;
  readonly options: FilledCallOptions;
}

const MAX_NESTING = 32;
const { maxDepth, allowance } = DEFAULT_CODEC_LIMITS;

/**
 * A request that creates its signal on first access. A signal costs as much as encoding, and a synchronous run rarely
 * needs it.
 */
class LazySignalRequest implements RunRequest {
  readonly #scope: CallScope;

  constructor(
    readonly input: readonly Uint8Array[],
    readonly limits: RunLimits,
    readonly state: 'fresh' | 'keep',
    readonly onHypercall: HypercallHandler,
    scope: CallScope,
  ) {
    this.#scope = scope;
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }
}

export class CallRunner {
  readonly lifecycle = new Lifecycle();
  readonly #running = new Set<CallScope>();
  readonly #totals: Totals = {
    calls: 0,
    errors: 0,
    hypercalls: 0,
    bytesIn: 0,
    bytesOut: 0,
    wallTime: 0,
    cpuTime: 0,
    memory: 0,
    dirtyPages: 0,
  };

  constructor(
    readonly owner: ScopeOwner,
    readonly instance: BackendInstance,
    readonly capabilities: Capabilities,
    private readonly unsupported?: UnsupportedCalls,
  ) {}

  stats(): ContextStats {
    this.lifecycle.ask('stats');
    const unsupported = this.unsupported && { unsupportedSyscalls: this.unsupported.totals() };
    return { ...this.#totals, ...unsupported };
  }

  /** Checks the options and the state, then encodes the request. `encode` gets the limits of the message. */
  prepare(options: FilledCallOptions, sync: boolean, encode: (limits: CodecLimits) => Uint8Array[]): PreparedCall {
    const { keep, signal } = options;
    const nest = nesting();
    if (keep && nest.keeping.has(this.owner.id)) {
      throw new ColonyError(
        'ERR_REENTRANT',
        'a host function may not touch the kept state of the context that waits for it; use a fresh call or another context',
      );
    }
    if (nest.depth >= MAX_NESTING)
      throw new ColonyError('ERR_REENTRANT', `host functions and calls are nested more than ${MAX_NESTING} deep`);
    this.lifecycle.ask(sync ? (keep ? 'callSyncKeep' : 'callSync') : keep ? 'callKeep' : 'call');
    if (keep && !this.capabilities.keepState) throw unsupported("state: 'keep'");
    if (sync && this.instance.runSync === undefined) throw unsupported('callSync');
    if (signal?.aborted) throw aborted(signal);
    const limits = narrowLimits(this.owner.policy.limits, options.limits);
    const scope = new CallScope(this.owner, limits, keep, !sync && this.capabilities.asyncHypercalls);
    const input = encode({ maxBytes: limits.bytesIn, maxDepth, allowance });
    scope.bytesIn = sizeOf(input);
    return { input, scope, options };
  }

  async run(prepared: PreparedCall): Promise<Outcome> {
    if (!prepared.options.keep) return await this.lifecycle.fresh(() => this.#run(prepared));
    // The call may have to wait, and the caller's buffers could change until then.
    const waiting = this.lifecycle.state === 'keeping' ? { ...prepared, input: [concat(prepared.input)] } : prepared;
    return await this.lifecycle.exclusive('callKeep', () => this.#run(waiting));
  }

  runSync(prepared: PreparedCall): Outcome {
    return prepared.options.keep
      ? this.lifecycle.exclusiveSync(() => this.#runSync(prepared))
      : this.lifecycle.freshSync(() => this.#runSync(prepared));
  }

  async #run(prepared: PreparedCall): Promise<Outcome> {
    const { scope, options } = prepared;
    const onAbort = () => scope.controller.abort(options.signal?.reason);
    if (options.signal?.aborted) throw aborted(options.signal);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    this.#running.add(scope);
    try {
      const output = await this.#output(prepared);
      // Decodes within the call's turn, so that calls with kept state return their results in order.
      return output.length > this.owner.sliceAbove
        ? asOutcome(await decodeInSlices(output, FRAME_LIMITS, () => checkWanted(prepared)))
        : decodeResult(output, FRAME_LIMITS);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      this.#end(scope);
    }
  }

  async #output(prepared: PreparedCall): Promise<Uint8Array> {
    try {
      return this.#done(prepared.scope, await this.instance.run(this.#request(prepared)));
    } catch (error) {
      throw this.#failed(prepared, error);
    }
  }

  #runSync(prepared: PreparedCall): Outcome {
    this.#running.add(prepared.scope);
    try {
      return decodeResult(this.#outputSync(prepared), FRAME_LIMITS);
    } finally {
      this.#end(prepared.scope);
    }
  }

  #outputSync(prepared: PreparedCall): Uint8Array {
    try {
      return this.#done(prepared.scope, this.instance.runSync!(this.#request(prepared)));
    } catch (error) {
      throw this.#failed(prepared, error);
    }
  }

  #request({ input, scope, options }: PreparedCall): RunRequest {
    return new LazySignalRequest(
      input,
      runLimits(scope.limits),
      options.keep ? 'keep' : 'fresh',
      createHandler(scope),
      scope,
    );
  }

  #done(scope: CallScope, { output, usage }: RunResult): Uint8Array {
    this.#count(usage);
    if (scope.fatal !== undefined) throw scope.fatal;
    scope.bytesOut += output.length;
    const { bytesOut, output: most } = scope.limits;
    if (output.length > most || scope.bytesOut > bytesOut) {
      const [limit, name] = output.length > most ? [most, 'output'] : [bytesOut, 'bytesOut'];
      throw new ColonyError('ERR_LIMIT_OUTPUT', `the call sent more than ${limit} bytes (limits.${name})`, {
        details: { limit },
      });
    }
    return output;
  }

  #count(usage: RunUsage): void {
    const totals = this.#totals;
    totals.wallTime += usage.wallTime;
    totals.cpuTime += usage.cpuTime;
    totals.memory = usage.memory;
    totals.dirtyPages = usage.dirtyPages;
  }

  /** Updates the context after a failure, and returns the error for the caller. */
  #failed({ scope, options }: PreparedCall, error: unknown): ColonyError {
    this.#totals.errors++;
    if (options.keep) this.lifecycle.poison();
    if (scope.fatal !== undefined) return scope.fatal;
    if (options.signal?.aborted && ColonyError.is(error) && error.code === 'ERR_ABORTED')
      return aborted(options.signal);
    return asColonyError(error);
  }

  #end(scope: CallScope): void {
    this.#running.delete(scope);
    const totals = this.#totals;
    totals.calls++;
    totals.hypercalls += scope.hypercalls;
    totals.bytesIn += scope.bytesIn;
    totals.bytesOut += scope.bytesOut;
    scope.end();
  }

  /** Runs work on kept state, in its turn. */
  async exclusive<T>(method: 'snapshot' | 'reset', work: () => Promise<T>): Promise<T> {
    if (nesting().keeping.has(this.owner.id)) {
      throw new ColonyError(
        'ERR_REENTRANT',
        `${method}() from within a host function that the context waits for would never end`,
      );
    }
    this.lifecycle.ask(method);
    return await this.lifecycle.exclusive(method, async () => {
      try {
        return await work();
      } catch (error) {
        throw asColonyError(error);
      }
    });
  }

  async dispose(): Promise<void> {
    this.lifecycle.ask('dispose');
    if (this.lifecycle.end()) {
      const reason = new ColonyError('ERR_DISPOSED', 'the context was disposed while the call was running');
      for (const scope of this.#running) scope.fail(reason);
    }
    await this.instance.dispose();
  }
}

/**
 * Throws if the caller no longer waits for the result.
 * @throws ColonyError ERR_ABORTED, ERR_DISPOSED
 */
function checkWanted({ scope, options }: PreparedCall): void {
  if (scope.fatal !== undefined) throw scope.fatal;
  if (options.signal?.aborted) throw aborted(options.signal);
}

export function runLimits(limits: Limits): RunLimits {
  const { memory, wallTime, cpuTime, output, bytesOut } = limits;
  return { memory, wallTime, cpuTime, output: Math.min(output, bytesOut) };
}

export function aborted(signal: Signal): ColonyError {
  return new ColonyError('ERR_ABORTED', 'the call was aborted by its signal', { cause: signal.reason });
}

export function asColonyError(error: unknown): ColonyError {
  if (ColonyError.is(error)) return error;
  return new ColonyError('ERR_INTERNAL', `the backend failed: ${(error as Error)?.message ?? String(error)}`, {
    cause: error,
  });
}

function unsupported(what: string): ColonyError {
  return new ColonyError('ERR_UNSUPPORTED', `this backend has no ${what}; see context.capabilities`);
}
