/** The cell that serves programs in machine code: from C, and from Wasm compiled ahead of time. */
import type { InstanceOptions } from '@colony/core';
import { Gate } from '../pool/index.js';
import { NativeInstance } from './instance.js';
import { Programs } from './programs.js';

/** A fork costs little: so many are ready for each child that other cells would keep. */
const SPARES = 2;

export interface NativeCellOptions {
  /** Children kept ready for each program. */
  readonly warm: number;
  /** Children that run guest code at a time; those that wait for a host function do not count. */
  readonly threads: number;
}

export class NativeCell {
  readonly #places: Gate;
  readonly #programs: Programs;

  constructor({ warm, threads }: NativeCellOptions) {
    this.#places = new Gate(threads);
    this.#programs = new Programs({ spares: warm * SPARES });
  }

  async createInstance(options: InstanceOptions): Promise<NativeInstance> {
    const program = await this.#programs.start(options);
    return new NativeInstance({
      program,
      places: this.#places,
      giveBack: (each) => this.#programs.giveBack(each),
    });
  }

  /** `children`: zygotes; what they fork are their children. */
  stats(): { readonly children: number; readonly running: number } {
    return { children: this.#programs.count, running: this.#places.inside };
  }

  async dispose(): Promise<void> {
    await this.#programs.end();
  }
}
