/** The cell that serves JavaScript programs: each child is a Node of its own. */
import type { InstanceOptions } from '@colony/core';
import type { ProcessOptions } from '../options.js';
import { Gate } from '../pool/index.js';
import { NodeInstance } from './instance.js';
import { Programs } from './programs.js';
import { type Start, Supply } from './supply.js';

/** Children that are up and have no program. */
const BLANKS = 2;

/** Spares of all programs together. */
const MOST_SPARES = 16;

export class NodeCell {
  readonly #supply: Supply;
  readonly #places: Gate;
  readonly #programs: Programs;

  /** `start` gives a child with a memory limit in bytes. */
  constructor({ warm, threads, max }: ProcessOptions, start: Start) {
    this.#supply = new Supply({ start, blanks: warm === 0 ? 0 : BLANKS, max });
    this.#places = new Gate(threads);
    this.#programs = new Programs({ supply: this.#supply, places: this.#places, warm, mostSpares: MOST_SPARES });
  }

  async createInstance(options: InstanceOptions): Promise<NodeInstance> {
    const program = await this.#programs.start(options);
    return new NodeInstance({
      program,
      places: this.#places,
      giveBack: (each) => this.#programs.giveBack(each),
    });
  }

  stats(): Readonly<Record<string, number>> {
    const { alive, blanks, started, deaths } = this.#supply.counts;
    return { alive, blanks, spares: this.#programs.spares, started, deaths, running: this.#places.inside };
  }

  async dispose(): Promise<void> {
    await this.#supply.end();
  }
}
