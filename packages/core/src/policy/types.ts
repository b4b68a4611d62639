/**
 * A policy is plain, JSON-able data: objects of no class with own, enumerable properties, and lists. What it does not
 * grant is refused, and anything else than plain data is an error.
 */
import type { Boundary, LimitKind, Mechanism } from '../backend.js';
import type { LimitsInput } from '../limits.js';

type Json = string | number | boolean | null;

/** All given conditions must hold. */
export interface ArgumentPredicate {
  readonly type?: 'string' | 'number' | 'boolean' | 'bigint' | 'object' | 'undefined' | 'bytes';
  readonly equals?: Json;
  readonly oneOf?: readonly Json[];
  /** Numbers and bigints. */
  readonly min?: number;
  readonly max?: number;
  /** Strings. */
  readonly prefix?: string;
  /**
   * The whole string (at most 256 characters) matches, as with `RegExp` and its flag `u`, in time linear in its length.
   * Refused are back-references, look-around, and what needs more than 600 states: `[a-z]{1,250}` needs 250.
   */
  readonly pattern?: string;
  /** Characters of a string, bytes of a byte array, items of an array. */
  readonly maxLength?: number;
}

export interface Budget {
  readonly maxCalls?: number;
  /** Request and reply together: bytes or '1 MiB'. */
  readonly maxBytes?: number | string;
}

export interface HypercallGrant extends Budget {
  /** The same as `maxCalls: 1`. */
  readonly once?: boolean;
  /** Calls over time, over the whole context: '100/s', '5/min'. Tokens refill evenly. */
  readonly maxRate?: string;
  /** Budget for the context's whole life; `maxCalls` and `maxBytes` beside it are for one call. */
  readonly lifetime?: Budget;
  /** By position; `true` allows anything. More arguments than positions are refused. */
  readonly args?: readonly (ArgumentPredicate | true)[];
}

export interface FetchGrant {
  /** 'https://api.example.com', 'http://localhost:8080'. */
  readonly origin: string;
  /** Default: GET and HEAD. */
  readonly methods?: readonly string[];
  /**
   * The origin's name may have addresses of private networks and of this machine. Default false: public ones only, but
   * for `localhost` and an address that `origin` itself names.
   */
  readonly private?: boolean;
}

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

export interface PolicyLayer {
  readonly hypercalls?: Readonly<Record<string, true | HypercallGrant>>;
  readonly console?: boolean;
  /** `fixed`: what the clock shows always, in milliseconds since 1970 or as an ISO date. */
  readonly clock?: boolean | { readonly fixed: number | string };
  /** `seed`: the same numbers in every call. */
  readonly random?: boolean | { readonly seed: number | string };
  /** Names of environment variables. */
  readonly env?: readonly string[];
  /** Directories, absolute; what lies below them is granted. */
  readonly fs?: {
    readonly read?: readonly string[];
    readonly write?: readonly string[];
    /**
     * Most bytes of one file that is read or written. Default 8 MiB, which the first layer may raise; a layer that
     * leaves it out does not narrow it.
     */
    readonly maxBytes?: number | string;
  };
  readonly fetch?: readonly FetchGrant[];
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
