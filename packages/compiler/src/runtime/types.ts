import type { Context, ContextOptions, Hypercalls, LimitsInput, Policy } from '@colony/core';
import type { WrittenOptions } from '../policy/effective.js';
import type { ProfiledLimits } from '../profile/limits.js';

// biome-ignore lint/suspicious/noExplicitAny: any function will do
export type AnyFunction = (...args: any[]) => any;

/** The evaluated state of a program, in a file that a build wrote beside its output. */
export interface ShippedState {
  /** The file's name. */
  readonly file: string;
  /** The file's hash. */
  readonly sha256: string;
  readonly backend: string;
  /** The engine of the backend that made the state. */
  readonly engine: string;
}

/** The data of one compiled virtine. */
export interface VirtineDescriptor {
  readonly name: string;
  /** Its place in the source: `src/price.ts:12:3`. */
  readonly where: string;
  readonly filename: string;
  readonly source: string;
  /** Source map of the program, version 3, JSON. */
  readonly map: string;
  /** Names of captured values, in the order in which they are passed. */
  readonly captured: readonly string[];
  /** The program's entry takes `(args, captured)`. */
  readonly wrapped: boolean;
  /** Limits from a recorded profile, with a margin. They narrow the policy. */
  readonly profiled?: ProfiledLimits;
  /** States to start from. The program is evaluated if none fits. */
  readonly shipped?: readonly ShippedState[];
  /** URL of the module that has the virtine. The files of `shipped` are near it. */
  readonly base?: string;
  /** The policy that it runs under, with its limits, as in the report and the lock. */
  readonly policy: Policy;
  /** Its granting options when it was built. Other values at run time are refused. */
  readonly written: WrittenOptions;
}

/** Options of all virtines; a virtine's own options take precedence. */
export interface VirtineDefaults {
  /** Default 'auto'. */
  readonly backend?: ContextOptions['backend'];
  /** Host functions, called as `host.name(...)` in the virtine if the policy grants them. */
  readonly hypercalls?: Hypercalls;
  /**
   * In `configure`: limits of all virtines, which can only narrow those that were built in. In the options of a
   * virtine: its limits, which must be constant. package.json has limits of all virtines: `"colony": { "limits": {...}
   * }`.
   */
  readonly limits?: LimitsInput;
  readonly console?: ContextOptions['console'];
  readonly pool?: ContextOptions['pool'];
  readonly backendOptions?: ContextOptions['backendOptions'];
}

/** The options of `configure`. */
export interface Configuration extends VirtineDefaults {
  /** Narrows the policy of every virtine, as core's `narrow` does: both policies must grant a request. */
  readonly policy?: Policy;
}

export interface VirtineOptions extends VirtineDefaults {
  /** Replaces the generated policy. Must be constant. */
  readonly policy?: Policy;
  /** Refused code that you know never to run: `'node:fs'`, `'process'`, `'eval'`. Must be constant. */
  readonly accept?: readonly string[];
}

type Result<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** A function that runs in its own context at each call. */
export interface Virtine<F extends AnyFunction> {
  (...args: Parameters<F>): Promise<Result<F>>;
  /** Calls on this thread, without a promise, if the backend can. `await ready()` first. */
  sync(...args: Parameters<F>): Result<F>;
  /** Calls with many argument lists in one entry. Rows see each other's effects. */
  batch(rows: readonly Parameters<F>[]): Promise<Result<F>[]>;
  /** Creates the context; otherwise the first call does. */
  ready(): Promise<Context>;
  /** Ends the context. A later call creates a new one. */
  dispose(): Promise<void>;
}
