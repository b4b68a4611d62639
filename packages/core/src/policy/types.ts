/**
 * A policy is plain, JSON-able data: objects without a class, with own, enumerable properties, and lists. A request
 * that it does not grant is refused. Any other data is an error.
 */
import type { Boundary, LimitKind, Mechanism } from '../backend.js';
import type { CapabilityGrants } from '../capabilities/index.js';
import type { LimitsInput } from '../options/limits.js';

/** The minimum isolation under which a program may run. If the backend has less, no context is created. */
export interface IsolationDemand {
  /** The accepted boundaries; one suffices. Default: all. */
  readonly boundary?: readonly Boundary[];
  /** Mechanisms that must all have been applied. */
  readonly mechanisms?: readonly Mechanism[];
  /** Limits that must all be really enforced. */
  readonly limits?: readonly LimitKind[];
}

/**
 * The snapshot files that contexts may start from. A snapshot of a context in this process inherits the signer of the
 * file that the context started from.
 */
export interface SnapshotDemand {
  /** Names of keys, as `Snapshot.signedBy` reports them. One of these must have signed. */
  readonly signedBy: readonly string[];
}

export interface PolicyLayer extends CapabilityGrants {
  readonly limits?: LimitsInput;
  readonly isolation?: IsolationDemand;
  /** Default: any file. The demands of all layers must be met. */
  readonly snapshots?: SnapshotDemand;
  /**
   * If true, this layer does not narrow the sections that it omits. Permitted only in a layer after the first, and in
   * the child of `narrow`. Default false: omitted sections are refused.
   */
  readonly inherit?: boolean;
}

/** One layer, or several that must all allow. An empty `all` allows nothing. */
export type Policy = PolicyLayer | { readonly all: readonly Policy[] };
