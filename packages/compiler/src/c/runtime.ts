/** The runtime of generated bindings: makes a context for each virtine at its first call. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ColonyError, type Context, type ContextOptions, createContext, narrow, type Policy } from '@colony/core';
import { defaults, open } from '../runtime/defaults.js';
import { configuredPolicy } from '../runtime/policy.js';
import { readFat } from './output/fat.js';

/** Options for the virtines of one C file, added to those of `configure` of `@colony/compiler/runtime`. */
export interface CBindingOptions {
  /** Default `auto`. */
  readonly backend?: ContextOptions['backend'];
  readonly hypercalls?: ContextOptions['hypercalls'];
  /** Narrows the virtine's own policy, never widens it. */
  readonly policy?: Policy;
}

// biome-ignore lint/suspicious/noExplicitAny: any signature
export type CFunction = (...args: any[]) => unknown;

/** A C function in a context of its own. Each call begins from the same start state. */
export interface CVirtine<F extends CFunction> {
  (...args: Parameters<F>): Promise<ReturnType<F>>;
  /**
   * Runs on this thread. The backend must support that, and the context must exist: call once before, or await
   * `ready()`.
   */
  sync(...args: Parameters<F>): ReturnType<F>;
  /** Makes the context and returns it. Later calls return the same one. */
  ready(): Promise<Context>;
}

export interface CProgram {
  bind<F extends CFunction>(name: string): CVirtine<F>;
  /** @throws ColonyError ERR_BUSY once a context exists. */
  readonly configure: (options: CBindingOptions) => void;
  readonly dispose: () => Promise<void>;
}

/** @param source the fat program, or the URL of its file */
export function bindC(source: URL | Uint8Array): CProgram {
  const fat =
    source instanceof URL ? readFat(new Uint8Array(readFileSync(source)), fileURLToPath(source)) : readFat(source);
  const contexts = new Map<string, Promise<Context>>();
  let options: CBindingOptions = {};
  const make = (name: string) => {
    const program = fat.programs[name];
    if (program === undefined) throw new ColonyError('ERR_NO_SUCH_EXPORT', `the program has no virtine ${name}`);
    const own = fat.policies[name]!;
    const narrowed: Policy = options.policy === undefined ? own : narrow(own, options.policy);
    const policy = configuredPolicy({ name }, narrowed);
    const { policy: _policy, limits: _limits, ...common } = defaults();
    const hypercalls = { ...common.hypercalls, ...options.hypercalls };
    return createContext({ backend: 'auto', ...common, ...options, hypercalls, program, policy } as ContextOptions);
  };
  const context = (name: string) => {
    let made = contexts.get(name);
    if (made === undefined) {
      made = make(name);
      open.add(program);
      contexts.set(name, made);
      made.catch(() => contexts.delete(name));
    }
    return made;
  };
  const program: CProgram = {
    bind: (name) => bindOne(name, () => context(name)),
    configure: (input) => {
      if (contexts.size > 0) throw new ColonyError('ERR_BUSY', 'configure comes before the first call');
      options = input;
    },
    dispose: async () => {
      const made = [...contexts.values()];
      contexts.clear();
      open.delete(program);
      for (const outcome of await Promise.allSettled(made))
        if (outcome.status === 'fulfilled') await outcome.value.dispose();
    },
  };
  return program;
}

function bindOne<F extends CFunction>(name: string, context: () => Promise<Context>): CVirtine<F> {
  let there: Context | undefined;
  const ready = async () => {
    there = await context();
    return there;
  };
  const call = async (...args: Parameters<F>) => (await (await ready()).call(name, ...args)) as ReturnType<F>;
  const sync = (...args: Parameters<F>) => {
    if (there === undefined)
      throw new ColonyError('ERR_BUSY', `${name}.sync: its context is not there yet; await ${name}.ready() first`);
    return there.callSync(name, ...args) as ReturnType<F>;
  };
  return Object.assign(call, { sync, ready });
}
