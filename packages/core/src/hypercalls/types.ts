/** Host functions that guests may call. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Signal } from '../platform-types.js';

/** What a host function finds as `this`. */
export interface HypercallContext {
  /** Aborted when the call that asked ends for whatever reason before the function is done. */
  readonly signal: Signal;
  /** Id of the context that asks. */
  readonly contextId: string;
  /** The name it was called by. */
  readonly hypercall: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments are what the user says they are
export type HostFunction = (this: HypercallContext, ...args: any[]) => unknown;

export interface HypercallDefinition {
  /** Sync or async. A sync one works in `callSync`. What it throws reaches the guest without its stack. */
  readonly handler: HostFunction;
  /** Validates the list of arguments; the handler gets the validated output. Any Standard Schema validator. */
  readonly args?: StandardSchemaV1<unknown, readonly unknown[]>;
}

export type Hypercalls = Readonly<Record<string, HostFunction | HypercallDefinition>>;
