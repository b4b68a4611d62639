/**
 * A policy is plain, JSON-able data: objects of no class with own, enumerable properties, and lists. What it does not
 * grant is refused, and anything else than plain data is an error.
 */
import type { Boundary, LimitKind, Mechanism } from '../backend.js';
import type { CapabilityGrants } from '../capabilities/index.js';
import type { LimitsInput } from '../options/limits.js';

/** The least isolation under which a program may run. Where the backend has less, no context comes of it. */
export interface IsolationDemand {
  /** Any of these will do. Default: all. */
  readonly boundary?: readonly Boundary[];
  /** All of these must have been applied. */
  readonly mechanisms?: readonly Mechanism[];
  /** All of these limits must really be enforced. */
  readonly limits?: readonly LimitKind[];
}

/** Which snapshot files contexts may start from. What a context of this process froze is of the file that it started from, if any. */
export interface SnapshotDemand {
  /** Names of keys, as `Snapshot.signedBy` gives them: one of these must have signed. */
  readonly signedBy: readonly string[];
}

export interface PolicyLayer extends CapabilityGrants {
  readonly limits?: LimitsInput;
  readonly isolation?: IsolationDemand;
  /** Default: any file. Demands of several layers must all be met. */
  readonly snapshots?: SnapshotDemand;
  /**
   * Only in a layer after the first, and in the child of `narrow`: this layer does not narrow the sections that it
   * leaves out. Default false: what a layer leaves out is refused.
   */
  readonly inherit?: boolean;
}

/** One layer, or several that must all allow; an empty `all` allows nothing. */
export type Policy = PolicyLayer | { readonly all: readonly Policy[] };
