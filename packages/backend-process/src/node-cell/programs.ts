/** From a program to what its calls start from; each is evaluated once for all contexts that may share it. */
import { type InstanceOptions, type RunLimits, readLoadResult } from '@colony/core';
import type { Gate } from '../pool/index.js';
import { Cancellation } from './cancellation.js';
import { Evaluated, type Means } from './evaluated.js';
import { Journal } from './journal.js';
import type { Supply } from './supply.js';

export interface ProgramsOptions {
  readonly supply: Supply;
  /** Children that run guest code at a time. */
  readonly places: Gate;
  /** Spares of each program and memory limit. */
  readonly warm: number;
  /** Spares of all programs together. */
  readonly mostSpares: number;
}

export class Programs {
  readonly #options: ProgramsOptions;
  readonly #means: Means;
  /** In use, and shared by contexts of the same program. */
  readonly #shared = new Map<string, Evaluated>();
  readonly #evaluating = new Map<string, Promise<void>>();
  /** In use; the one whose spare was made last comes last. */
  readonly #all = new Set<Evaluated>();

  constructor(options: ProgramsOptions) {
    this.#options = options;
    const { supply, warm } = options;
    this.#means = { supply, warm, onKept: (program) => this.#kept(program) };
  }

  get spares(): number {
    let sum = 0;
    for (const { spares } of this.#all) sum += spares;
    return sum;
  }

  /** The evaluated program, in use by the caller, who gives it back. */
  async start(options: InstanceOptions): Promise<Evaluated> {
    const { hash } = options.program;
    const first = this.#evaluating.get(hash);
    if (first !== undefined) await first;
    const known = this.#shared.get(hash);
    if (known !== undefined) return this.#use(known);
    const evaluated = this.#evaluate(options);
    // The others wait for the first one's. Where that cannot be shared, each evaluates for itself.
    if (first === undefined) {
      const settled = () => void this.#evaluating.delete(hash);
      this.#evaluating.set(hash, evaluated.then(settled, settled));
    }
    return await evaluated;
  }

  #use(program: Evaluated): Evaluated {
    program.use();
    this.#options.supply.use();
    return program;
  }

  giveBack(program: Evaluated): void {
    this.#options.supply.unuse();
    if (!program.unuse()) return;
    this.#all.delete(program);
    for (const [hash, each] of this.#shared) if (each === program) this.#shared.delete(hash);
  }

  async #evaluate(options: InstanceOptions): Promise<Evaluated> {
    const { supply, places } = this.#options;
    const cancellation = new Cancellation(options.signal);
    const { signal } = cancellation;
    supply.use();
    try {
      await places.enter(signal);
      try {
        return await this.#first(options, signal);
      } finally {
        places.leave();
      }
    } finally {
      cancellation.end();
      supply.unuse();
    }
  }

  async #first(options: InstanceOptions, signal: AbortSignal): Promise<Evaluated> {
    const { supply, places } = this.#options;
    const { limits, program } = options;
    const child = await supply.take(limits.memory);
    try {
      signal.throwIfAborted();
      const journal = new Journal();
      const loadFrame = Buffer.concat(options.loadFrame);
      const onHypercall = journal.record(options.onHypercall);
      const parked = (is: boolean) => (is ? places.leave() : places.reenter());
      const { output } = await child.run({ input: [loadFrame], limits, onHypercall, signal, parked });
      const origin = { loadFrame, limits: again(limits), journal, result: output, exports: readLoadResult(output) };
      const evaluated = new Evaluated(origin, child, this.#means);
      this.#all.add(evaluated);
      if (journal.empty) this.#shared.set(program.hash, evaluated);
      return this.#use(evaluated);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** The program whose spares were made longest ago gives them up, where there are too many. */
  #kept(program: Evaluated): void {
    if (!this.#all.delete(program)) return;
    this.#all.add(program);
    for (const each of this.#all) {
      if (this.spares <= this.#options.mostSpares) return;
      each.dropSpares();
    }
  }
}

/** A machine that is busier now must not fail what went well once. */
function again(limits: RunLimits): RunLimits {
  const longer = (ms: number) => ms * 3 + 1000;
  return { ...limits, wallTime: longer(limits.wallTime), cpuTime: longer(limits.cpuTime) };
}
