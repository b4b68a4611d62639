/** Host functions that guests may call. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Signal } from '../platform-types.js';

/** The `this` of a host function. */
export interface HypercallContext {
  /** Aborted if the call ends, for any reason, before the function is done. */
  readonly signal: Signal;
  /** Id of the calling context. */
  readonly contextId: string;
  /** The name that the guest called. */
  readonly hypercall: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the user declares the types of the arguments
export type HostFunction = (this: HypercallContext, ...args: any[]) => unknown;

export interface HypercallDefinition {
  /** Sync or async. A sync one works in `callSync`. Its errors reach the guest without their stacks. */
  readonly handler: HostFunction;
  /** Validates the list of arguments: any Standard Schema validator. The handler gets the validated output. */
  readonly args?: StandardSchemaV1<unknown, readonly unknown[]>;
}

export type Hypercalls = Readonly<Record<string, HostFunction | HypercallDefinition>>;
