import type { Context, ContextOptions, Hypercalls, LimitsInput, Policy } from '@colony/core';
import type { WrittenOptions } from '../policy/effective.js';
import type { ProfiledLimits } from '../profile/limits.js';

// biome-ignore lint/suspicious/noExplicitAny: any function will do
export type AnyFunction = (...args: any[]) => any;

/** The evaluated state of a program, which a build put into a file beside its output. */
export interface ShippedState {
  /** Its name. */
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  readonly backend: string;
  /** That of the backend that it was made on. */
  readonly engine: string;
}

/** What a compiled virtine knows of itself. */
export interface VirtineDescriptor {
  readonly name: string;
  /** Where it is written: `src/price.ts:12:3`. */
  readonly where: string;
  readonly filename: string;
  readonly source: string;
  /** Source map of the program, version 3, JSON. */
  readonly map: string;
  /** Names of captured values, in the order in which they come. */
  readonly captured: readonly string[];
  /** The program's entry takes `(args, captured)`. */
  readonly wrapped: boolean;
  /** What a recorded profile says that calls need, with a margin: it narrows the policy. */
  readonly profiled?: ProfiledLimits;
  /** States to start from; where none fits, the program is evaluated. */
  readonly shipped?: readonly ShippedState[];
  /** URL of the module that has the virtine: the files of `shipped` are near it. */
  readonly base?: string;
  /** What it runs under, with its limits: as the report shows it and the lock records it. */
  readonly policy: Policy;
  /** What its options said when it was built. Options that say something else are refused. */
  readonly written: WrittenOptions;
}

/** For all virtines, where their own options say nothing else. */
export interface VirtineDefaults {
  /** Default 'auto'. */
  readonly backend?: ContextOptions['backend'];
  /** Host functions, `host.name(...)` in the virtine. Only those that the policy grants can be called. */
  readonly hypercalls?: Hypercalls;
  /**
   * For `configure`: narrower limits than those that were built in, for all virtines. For one virtine: its limits, which
   * must be constant. Limits of all virtines stand in package.json: `"colony": { "limits": {...} }`.
   */
  readonly limits?: LimitsInput;
  readonly console?: ContextOptions['console'];
  readonly pool?: ContextOptions['pool'];
  readonly backendOptions?: ContextOptions['backendOptions'];
}

/** What `configure` takes. */
export interface Configuration extends VirtineDefaults {
  /** All virtines are granted what both their own policy and this one grant, as by core's `narrow`. */
  readonly policy?: Policy;
}

export interface VirtineOptions extends VirtineDefaults {
  /** In place of the generated one. Must be constant. */
  readonly policy?: Policy;
  /** What the compiler refuses and you know never to run: `'node:fs'`, `'process'`, `'eval'`. Must be constant. */
  readonly accept?: readonly string[];
}

type Result<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** A function that runs in its own context at each call. */
export interface Virtine<F extends AnyFunction> {
  (...args: Parameters<F>): Promise<Result<F>>;
  /** On this thread, without a promise, where the backend can; `await ready()` first. */
  sync(...args: Parameters<F>): Result<F>;
  /** Many argument lists in one entry. Rows see each other's effects. */
  batch(rows: readonly Parameters<F>[]): Promise<Result<F>[]>;
  /** Makes the context, which the first call does otherwise. */
  ready(): Promise<Context>;
  /** Ends the context; a later call makes a new one. */
  dispose(): Promise<void>;
}
