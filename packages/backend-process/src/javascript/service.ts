/** Serves JavaScript programs: each child is a Node of its own, a jailed process or a worker thread. */
import type { InstanceOptions } from '@colony/core';
import { Gate } from '../children/gate.js';
import type { ProcessOptions } from '../options.js';
import { ChildPool, type Start } from './child-pool.js';
import { NodeInstance } from './instance.js';
import { EvaluatedPrograms } from './programs.js';

/** Children that are up and have no program. */
const IDLE_CHILDREN = 2;

/** Spares of all programs together. */
const MOST_SPARES = 16;

export class NodeService {
  readonly #pool: ChildPool;
  readonly #runSlots: Gate;
  readonly #programs: EvaluatedPrograms;

  /** `start` gives a child with a memory limit in bytes. */
  constructor({ warm, threads, max }: ProcessOptions, start: Start) {
    this.#pool = new ChildPool({ start, idleChildren: warm === 0 ? 0 : IDLE_CHILDREN, max });
    this.#runSlots = new Gate(threads);
    this.#programs = new EvaluatedPrograms({
      pool: this.#pool,
      runSlots: this.#runSlots,
      warm,
      mostSpares: MOST_SPARES,
    });
  }

  async createInstance(options: InstanceOptions): Promise<NodeInstance> {
    const program = await this.#programs.start(options);
    return new NodeInstance({
      program,
      runSlots: this.#runSlots,
      giveBack: (evaluated) => this.#programs.giveBack(evaluated),
    });
  }

  stats(): Readonly<Record<string, number>> {
    const { alive, idleChildren, started, deaths } = this.#pool.counts;
    return {
      alive,
      blanks: idleChildren,
      spares: this.#programs.spares,
      started,
      deaths,
      running: this.#runSlots.inside,
    };
  }

  async dispose(): Promise<void> {
    await this.#pool.end();
  }
}
