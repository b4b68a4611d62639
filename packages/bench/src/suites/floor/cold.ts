/** Creates contexts without a pooled machine, and with one. */
import {
  type Backend,
  type BackendModule,
  type Context,
  createContext,
  js,
  type LimitsInput,
  loadBackend,
  type Program,
} from '@colony/core';
import { timedApart } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { cProgram } from '../contexts.js';
import { spec } from '../spec.js';
import { allDestroyed } from './addon.js';

const startText = (language: string, pool: string) =>
  `createContext of a loaded ${language} program and its first call, in a virtine ${pool}`;

const SPECS: readonly Spec[] = [
  spec('kvm.cold', startText('C', 'without a pool'), ['c.cold']),
  spec('kvm.js.cold', startText('JavaScript', 'without a pool'), ['c.cold']),
  spec('kvm.create.warm', startText('C', 'from a warm pool'), ['c.entry']),
  spec('kvm.js.create.warm', startText('JavaScript', 'from a warm pool'), ['c.entry']),
];

/** A backend of this group only, so that its shells can be counted. */
export class Watched {
  readonly #backend: Backend;
  readonly #module: BackendModule;

  private constructor(module: BackendModule, backend: Backend) {
    this.#backend = backend;
    this.#module = { ...module, open: async () => backend };
  }

  static async open(pool: { warm: number }): Promise<Watched> {
    const module = await loadBackend('kvm');
    return new Watched(module, await module.open(pool));
  }

  /** Programs are already evaluated, because evaluation is not part of a context's own cost. */
  async sampler(program: Program, cold: boolean, limits: LimitsInput = {}): Promise<Sampler> {
    const first = await createContext({ backend: this.#module, program, limits });
    let last: Context = first;
    const create = async () => {
      last = await createContext({ backend: this.#module, program, limits });
      last.callSync('nothing');
    };
    const between = async () => {
      await last.dispose();
      if (cold) await allDestroyed(() => this.#backend.stats());
    };
    first.callSync('nothing');
    await between();
    return timedApart(create, between);
  }

  async close(): Promise<void> {
    await this.#backend.dispose();
  }
}

export const cold: Group = {
  name: 'contexts from nothing',
  specs: SPECS,
  async open() {
    const none = await Watched.open({ warm: 0 });
    const some = await Watched.open({ warm: 4 });
    const script = js`export function nothing() {}`;
    return {
      samplers: {
        'kvm.cold': await none.sampler(cProgram('null.c'), true),
        'kvm.js.cold': await none.sampler(script, true),
        'kvm.create.warm': await some.sampler(cProgram('null.c'), false),
        'kvm.js.create.warm': await some.sampler(script, false),
      },
      close: async () => {
        await Promise.all([none.close(), some.close()]);
      },
    };
  },
};
