/** Serves programs in machine code, from C and from Wasm compiled ahead of time: children are forked from zygotes. */
import type { InstanceOptions } from '@colony/core';
import { Gate } from '../children/gate.js';
import { NativeInstance } from './instance.js';
import { ZygotePrograms } from './programs.js';

/** Spare forks for each child that `warm` asks for: a fork costs little. */
const SPARES = 2;

export interface NativeServiceOptions {
  /** Children kept ready for each program. */
  readonly warm: number;
  /** Children that run guest code at a time; those that wait for a host function do not count. */
  readonly threads: number;
}

export class NativeService {
  readonly #runSlots: Gate;
  readonly #programs: ZygotePrograms;

  constructor({ warm, threads }: NativeServiceOptions) {
    this.#runSlots = new Gate(threads);
    this.#programs = new ZygotePrograms({ spares: warm * SPARES });
  }

  async createInstance(options: InstanceOptions): Promise<NativeInstance> {
    const program = await this.#programs.start(options);
    return new NativeInstance({
      program,
      runSlots: this.#runSlots,
      giveBack: (used) => this.#programs.giveBack(used),
    });
  }

  /** `children`: zygotes; what they fork are their children. */
  stats(): { readonly children: number; readonly running: number } {
    return { children: this.#programs.count, running: this.#runSlots.inside };
  }

  async dispose(): Promise<void> {
    await this.#programs.end();
  }
}
