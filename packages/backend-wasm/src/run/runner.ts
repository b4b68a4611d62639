/** Runs on workers and on this thread, as core's contract has them. */
import type { HypercallHandler, RunLimits, RunRequest, RunResult } from '@colony/core';
import { concat } from '@colony/core/codec';
import type { GuestState } from '../guest/guest.js';
import type { PreparedModule } from '../prepare/prepared.js';
import type { PreparedProgram } from '../thread/program.js';
import type { Outcome, RunSpec, Start } from '../thread/thread.js';
import { asError, isFailure, type Job, type RunJob } from './lane.js';
import type { Reason } from './mailbox.js';
import { Pool, type PoolSizes } from './pool.js';
import { SyncThread } from './sync-thread.js';

export interface RunOptions {
  readonly limits: RunLimits;
  readonly onHypercall: HypercallHandler;
  readonly signal?: AbortSignal | undefined;
}

/** Ends a run that is going on. */
export type Cancel = (reason: Reason) => void;

const NO_CANCEL = (): void => {};

export class Runner {
  readonly #pool: Pool;
  readonly #sync = new SyncThread();
  readonly #abandoned: FinalizationRegistry<number>;
  #nextId = 1;

  constructor(sizes: PoolSizes) {
    this.#pool = new Pool(sizes);
    this.#abandoned = new FinalizationRegistry((id) => this.forget(id));
  }

  get stats(): Record<string, number> {
    return this.#pool.stats;
  }

  /** Registers a place from which runs start. Every thread drops it when it is collected as garbage. */
  start(program: PreparedProgram, state?: GuestState): Start {
    const start = { id: this.#nextId++, program, state };
    this.#abandoned.register(start, start.id);
    return start;
  }

  /** Registers kept state, which has memory of its own. Its owner calls `forget`. */
  keep(program: PreparedProgram, state: GuestState): Start {
    return { id: this.#nextId++, program, state };
  }

  forget(id: number): void {
    this.#pool.forget(id);
    this.#sync.forget(id);
  }

  /** Runs in a worker. `started` receives the function that ends the run. @throws ColonyError */
  run(spec: RunSpec, options: RunOptions, started: (cancel: Cancel) => void = NO_CANCEL): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const abort = () => this.#pool.cancel(job, 'ERR_ABORTED');
      const settle = (outcome: Outcome): void => {
        signal?.removeEventListener('abort', abort);
        if (outcome.failure === undefined) resolve(outcome);
        else reject(asError(outcome.failure));
      };
      const job: RunJob = { type: 'run', spec, onHypercall: options.onHypercall, settle };
      signal?.addEventListener('abort', abort, { once: true });
      started((reason) => this.#pool.cancel(job, reason));
      this.#pool.submit(job);
      if (signal?.aborted) abort();
    });
  }

  /** Runs on this thread. @throws ColonyError */
  runSync(spec: RunSpec, request: RunRequest): Outcome {
    const outcome = this.#sync.run(spec, request);
    if (outcome.failure !== undefined) throw asError(outcome.failure);
    return outcome;
  }

  /** @throws ColonyError ERR_COMPILE, ERR_UNSUPPORTED */
  prepare(module: Uint8Array): Promise<PreparedModule> {
    return new Promise((resolve, reject) => {
      const settle = (prepared: Parameters<Extract<Job, { type: 'prepare' }>['settle']>[0]): void => {
        if (isFailure(prepared)) reject(asError(prepared));
        else resolve(prepared);
      };
      this.#pool.submit({ type: 'prepare', module, settle });
    });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Copies what a request says into the spec of its run. */
export function runSpecOf(from: Start, { input, limits }: RunRequest, version?: number): RunSpec {
  return { from, input: concat(input), limits, version };
}

export function resultOf({ output, usage }: Outcome): RunResult {
  return { output: output!, usage };
}
