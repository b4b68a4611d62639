/** Programs in use, each evaluated once for all contexts that may share its state. */
import { type HypercallHandler, type InstanceOptions, type RunLimits, readLoadResult } from '@colony/core';
import { StartCache } from '@colony/core/backend-kit';
import { Cancellation } from '../children/cancellation.js';
import type { Gate } from '../children/gate.js';
import type { ChildPool } from './child-pool.js';
import { type Dependencies, Evaluated } from './evaluated.js';
import { Journal } from './journal.js';

export interface EvaluatedProgramsOptions {
  readonly pool: ChildPool;
  /** Children that run guest code at a time. */
  readonly runSlots: Gate;
  /** Spares of each program and memory limit. */
  readonly warm: number;
  /** Spares of all programs together. */
  readonly mostSpares: number;
}

export class EvaluatedPrograms {
  readonly #options: EvaluatedProgramsOptions;
  readonly #dependencies: Dependencies;
  /** Programs in use that contexts of the same program share, by hash. */
  readonly #shared = new Map<string, Evaluated>();
  readonly #starts: StartCache<Evaluated>;
  /** Programs in use. The one that got a spare most recently is last. */
  readonly #all = new Set<Evaluated>();

  constructor(options: EvaluatedProgramsOptions) {
    this.#options = options;
    const { pool, warm } = options;
    this.#dependencies = { pool, warm, onKept: (program) => this.#kept(program) };
    const store = {
      take: (hash: string) => this.#take(hash),
      keep: (hash: string, evaluated: Evaluated) => void this.#shared.set(hash, evaluated),
    };
    const evaluate = (asked: InstanceOptions, onHypercall: HypercallHandler) => this.#evaluate(asked, onHypercall);
    this.#starts = new StartCache(store, { evaluate });
  }

  get spares(): number {
    let sum = 0;
    for (const { spares } of this.#all) sum += spares;
    return sum;
  }

  /** The evaluated program, with the caller as a user, who gives it back. */
  start(options: InstanceOptions): Promise<Evaluated> {
    return this.#starts.start(options);
  }

  #take(hash: string): Evaluated | undefined {
    const known = this.#shared.get(hash);
    return known === undefined ? undefined : this.#use(known);
  }

  #use(program: Evaluated): Evaluated {
    program.use();
    this.#options.pool.use();
    return program;
  }

  giveBack(program: Evaluated): void {
    this.#options.pool.unuse();
    if (!program.unuse()) return;
    this.#all.delete(program);
    for (const [hash, evaluated] of this.#shared) if (evaluated === program) this.#shared.delete(hash);
  }

  async #evaluate(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Evaluated> {
    const { pool, runSlots } = this.#options;
    const cancellation = new Cancellation(options.signal);
    const { signal } = cancellation;
    pool.use();
    try {
      await runSlots.enter(signal);
      try {
        return await this.#first(options, onHypercall, signal);
      } finally {
        runSlots.leave();
      }
    } finally {
      cancellation.end();
      pool.unuse();
    }
  }

  async #first(options: InstanceOptions, onHypercall: HypercallHandler, signal: AbortSignal): Promise<Evaluated> {
    const { pool, runSlots } = this.#options;
    const { limits } = options;
    const child = await pool.take(limits.memory);
    try {
      signal.throwIfAborted();
      const journal = new Journal();
      const loadFrame = Buffer.concat(options.loadFrame);
      const parked = (is: boolean) => (is ? runSlots.leave() : runSlots.reenter());
      const run = { input: [loadFrame], limits, onHypercall: journal.record(onHypercall), signal, parked };
      const { output } = await child.run(run);
      const origin = { loadFrame, limits: again(limits), journal, result: output, exports: readLoadResult(output) };
      const evaluated = new Evaluated(origin, child, this.#dependencies);
      this.#all.add(evaluated);
      return this.#use(evaluated);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** Drops spares if there are too many, of the program that got one longest ago first. */
  #kept(program: Evaluated): void {
    if (!this.#all.delete(program)) return;
    this.#all.add(program);
    for (const oldest of this.#all) {
      if (this.spares <= this.#options.mostSpares) return;
      oldest.dropSpares();
    }
  }
}

/** Longer limits for a repeated evaluation: it must not fail because the machine is busier now. */
function again(limits: RunLimits): RunLimits {
  const longer = (ms: number) => ms * 3 + 1000;
  return { ...limits, wallTime: longer(limits.wallTime), cpuTime: longer(limits.cpuTime) };
}
