/** A context: one isolated instance of a program. */
/// <reference lib="esnext.disposable" preserve="true" />
import { threadId } from 'node:worker_threads';
import '../wire/codec/node.js';
import { type Backend, type BackendInstance, type Capabilities, capabilitiesFor } from '../backend.js';
import { type Choice, chooseBackend } from '../backends/open.js';
import { prepareCapabilities } from '../capabilities/index.js';
import { ColonyError } from '../errors.js';
import { createHandler } from '../hypercalls/dispatch.js';
import { CallScope, type ScopeOwner } from '../hypercalls/scope.js';
import { Usage } from '../policy/decide.js';
import { isolationReason } from '../policy/isolation.js';
import { demandedSigners } from '../policy/signers.js';
import type { AnyExports, Program } from '../programs/types.js';
import { demandSigners } from '../snapshots/file.js';
import { type Origin, Snapshot } from '../snapshots/snapshot.js';
import { aborted, asColonyError, CallRunner, type ContextStats, runLimits } from './call-runner.js';
import { Caller } from './caller.js';
import { guestError, LoadError } from './guest-errors.js';
import {
  type CallOptions,
  type ContextOptions,
  type FilledOptions,
  readCallOptions,
  readContextOptions,
} from './options.js';
import { type PreparedProgram, prepareProgram } from './prepared-program.js';
import { isEvaluated, publishStart, type StartedFrom, StartStateResolver } from './start-state.js';

const FRESH = readCallOptions({});
let created = 0;

export class Context<E = AnyExports> extends Caller<E> {
  /** Unique among all contexts of this process. */
  readonly id: string;
  /** Name of the backend. With 'auto', the one that was chosen. */
  readonly backend: string;
  readonly capabilities: Capabilities;
  readonly program: Program<E>;
  /**
   * Which backend was chosen and why others were not; whether the program was evaluated, or where its state came from.
   */
  readonly startedFrom: StartedFrom;
  /** The snapshot file that the context's state came from. */
  readonly #origin: Origin | undefined;

  /** @internal Use `createContext`. */
  constructor(runner: CallRunner, backend: Backend, program: Program<E>, startedFrom: StartedFrom, origin?: Origin) {
    super(runner, FRESH);
    this.#origin = origin;
    this.id = runner.owner.id;
    this.backend = backend.name;
    this.capabilities = runner.capabilities;
    this.program = program;
    this.startedFrom = startedFrom;
  }

  /** Returns a caller with options: `ctx.with({ state: 'keep', limits: { wallTime: '5 ms' } }).call('next')`. */
  with(options: CallOptions): Caller<E> {
    return new Caller<E>(this.runner, readCallOptions(options));
  }

  /** Names of the program's exported functions, if the backend knows them. */
  get exports(): readonly string[] | undefined {
    return this.runner.instance.exports;
  }

  /**
   * Freezes the current state (the kept one, if any). Other contexts can start from it.
   * @throws ColonyError ERR_UNSUPPORTED, ERR_POISONED, ERR_DISPOSED
   */
  async snapshot(): Promise<Snapshot<E>> {
    if (!this.capabilities.snapshot)
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${this.backend}' has no snapshots`);
    return await this.runner.exclusive(
      'snapshot',
      async () => new Snapshot<E>(await this.runner.instance.snapshot(), this.program, this.exports, this.#origin),
    );
  }

  /** Drops kept state, so that the next call begins from the start state. Makes a poisoned context usable again. */
  async reset(): Promise<void> {
    await this.runner.exclusive('reset', async () => {
      await this.runner.instance.reset();
      this.runner.lifecycle.heal();
    });
  }

  /** Ends the context. Active calls end with ERR_DISPOSED. May be called again. */
  async dispose(): Promise<void> {
    await this.runner.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Returns totals over the context's life. Works in every state. */
  stats(): ContextStats {
    return this.runner.stats();
  }
}

/**
 * Creates a context: opens the backend, and evaluates the program once or starts from a snapshot.
 *
 * ```ts
 * await using ctx = await createContext({ program: js`export const add = (a, b) => a + b` });
 * await ctx.call('add', 1, 2);
 * ```
 * @throws ColonyError ERR_BAD_OPTION, ERR_BAD_POLICY, ERR_BACKEND_MISSING, ERR_BACKEND_UNAVAILABLE,
 * ERR_UNSUPPORTED, ERR_COMPILE, ERR_GUEST_THROWN, ERR_LIMIT_*, ERR_ABORTED
 */
export async function createContext<E = AnyExports>(options: ContextOptions<E>): Promise<Context<E>> {
  const filled = readContextOptions(options);
  if (filled.signal?.aborted) throw aborted(filled.signal);
  const { backend, refused } = await backendOf(filled);
  const capabilities = capabilitiesFor(backend.capabilities, filled.program.kind);
  checkSupport(backend, filled);
  const prepared = prepareProgram(filled.program.resolved);
  const owner: ScopeOwner = {
    id: `${process.pid}.${threadId}.${++created}`,
    programHash: filled.program.hash,
    registry: filled.registry,
    policy: filled.policy,
    capabilities: prepareCapabilities(filled.policy.layers),
    lifetimeUsage: new Usage(),
    console: filled.console,
    sliceAbove: filled.sliceAbove,
    services: prepared.services,
  };
  const { instance, startedFrom } = await createInstance({ backend, refused }, filled, owner, prepared);
  const runner = new CallRunner(owner, instance, capabilities, prepared.unsupported);
  publishStart(() => ({ context: owner.id, program: owner.programHash, ...startedFrom }));
  return new Context<E>(runner, backend, filled.program as unknown as Program<E>, startedFrom, filled.snapshot?.origin);
}

async function backendOf(filled: FilledOptions): Promise<Choice> {
  return await chooseBackend(
    filled.backend,
    filled.backendOptions,
    (candidate) => incompatibility(candidate, filled)?.message,
  );
}

/** Returns why a backend cannot run this program under this policy, or `undefined`. */
function incompatibility(backend: Backend, { program, policy }: FilledOptions): ColonyError | undefined {
  const { name, capabilities } = backend;
  const { programs } = capabilities;
  const details = { backend: name };
  if (!programs.includes(program.kind)) {
    const reason = capabilities.excludes?.[program.kind];
    const message = `the backend '${name}' runs ${programs.join(', ')} programs, not ${program.kind}${reason === undefined ? '' : `: ${reason}`}`;
    return new ColonyError('ERR_UNSUPPORTED', message, { details });
  }
  const lacks = isolationReason(policy, capabilitiesFor(capabilities, program.kind));
  if (lacks === undefined) return undefined;
  const message = `the policy does not let the program run on the backend '${name}': ${lacks}; \`colony doctor\` shows why`;
  return new ColonyError('ERR_POLICY_DENIED', message, { details: { ...details, path: 'policy.isolation' } });
}

function checkSupport(backend: Backend, filled: FilledOptions): void {
  const incompatible = incompatibility(backend, filled);
  if (incompatible !== undefined) throw incompatible;
  const { snapshot } = filled;
  if (snapshot !== undefined && snapshot.backend !== backend.name) {
    const message = `the snapshot is of the backend '${snapshot.backend}' and cannot start on '${backend.name}'`;
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', message);
  }
  if (snapshot?.origin !== undefined) {
    demandSigners('policy.snapshots.signedBy', snapshot.origin.signedBy, demandedSigners(filled.policy));
  }
}

/** The longest timer of Node, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Created {
  readonly instance: BackendInstance;
  readonly startedFrom: StartedFrom;
}

async function createInstance(
  choice: Choice,
  filled: FilledOptions,
  owner: ScopeOwner,
  prepared: PreparedProgram,
): Promise<Created> {
  const { backend, refused } = choice;
  const { program, snapshot, shipped, signal } = filled;
  const { startTime, ...limits } = filled.policy.limits;
  const ownLimits = { ...limits, startTime, wallTime: startTime, cpuTime: startTime };
  const { asyncHypercalls } = capabilitiesFor(backend.capabilities, program.kind);
  const scope = new CallScope(owner, ownLimits, false, asyncHypercalls);
  const { resolved } = program;
  const startState = new StartStateResolver(backend, resolved, shipped, refused, demandedSigners(filled.policy));
  const builds = snapshot === undefined && !isEvaluated(resolved);
  const stopWatch = builds ? endAfter(scope, limits.buildTime) : () => {};
  try {
    const instance = await backend.createInstance({
      program: resolved,
      ...(snapshot === undefined ? {} : { snapshot: snapshot.inner }),
      limits: runLimits(scope.limits),
      onHypercall: createHandler(scope),
      ...(shipped.length === 0
        ? {}
        : { shipped: { key: startState.key, loadPrebuilt: (restore) => startState.loadPrebuilt(restore) } }),
      // Encoded on access: a backend that already has the evaluated program does not need it.
      get loadFrame() {
        startState.evaluates();
        return prepared.loadFrame();
      },
      get engineFrame() {
        return prepared.engineFrame?.();
      },
      signal: signal === undefined ? scope.signal : AbortSignal.any([signal, scope.signal]),
    });
    if (scope.fatal === undefined) {
      return { instance, startedFrom: startState.outcome(scope.hypercalls, snapshot !== undefined) };
    }
    await instance.dispose();
    throw scope.fatal;
  } catch (error) {
    throw creationError(error, scope, signal);
  } finally {
    stopWatch();
    scope.end();
  }
}

/**
 * Ends the build when its time is over. Others that wait for the same build continue.
 * @returns a function that stops the clock
 */
function endAfter(scope: CallScope, time: number): () => void {
  if (time > LONGEST_TIMER) return () => {};
  const timer = setTimeout(() => {
    const message = `building the program took longer than ${time} ms (limits.buildTime); give it more, or build it beforehand (colony build)`;
    scope.fail(new ColonyError('ERR_LIMIT_BUILD_TIME', message, { details: { limit: time } }));
  }, time);
  return () => clearTimeout(timer);
}

function creationError(error: unknown, scope: CallScope, signal: AbortSignal | undefined): ColonyError {
  if (scope.fatal !== undefined) return scope.fatal;
  if (signal?.aborted && ColonyError.is(error) && error.code === 'ERR_ABORTED') return aborted(signal);
  if (error instanceof LoadError) return guestError(error.info, scope);
  return asColonyError(error);
}
