/**
 * The synthesis report: the parts and the grants of a virtine, and the reasons. The same input gives the same bytes.
 */
import type { Policy, PolicyLayer } from '@colony/core';
import type { GrantReason } from '../policy/generate.js';
import type { ProfiledLimits } from '../profile/limits.js';
import type { Step } from '../source/chain.js';
import type { Place } from '../source/place.js';
import type { NativeFacts, NativePart } from './native.js';

export interface Captured extends Step {
  /** `embedded`: its source is in the program. `marshalled`: its value comes with each call. */
  readonly how: 'embedded' | 'marshalled';
  readonly why: string;
}

export interface Inside extends Place {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'constant' | 'initialisation' | 'data';
  /** The npm package that it comes from; for C, Colony's runtime or the C library. */
  readonly package?: string;
  /** The calls that lead there, from the virtine. */
  readonly because: readonly Step[];
  /** For C: its machine code. */
  readonly native?: NativePart;
}

export interface ModuleSize {
  readonly file: string;
  readonly package?: string;
  /** Bytes of the file, and bytes of it in the program. */
  readonly before: number;
  readonly inside: number;
  /** The program depends on it, although none of it may be inside: a header. */
  readonly read?: true;
}

/** Whether the evaluated state is shipped for a backend; `refused` is the reason if it is not. */
export interface ShippedOutcome {
  readonly backend: string;
  readonly refused?: string;
  /** The requests that initialisation may make, according to the analysis. */
  readonly because?: readonly GrantReason[];
}

export interface VirtineReport extends Place {
  readonly format: 1;
  readonly language: 'typescript' | 'c';
  readonly name: string;
  readonly kind: 'directive' | 'wrap' | 'word';
  readonly program: {
    readonly filename: string;
    readonly hash: string;
    /** SHA-256 of a TypeScript program without the names of the virtine and its file. */
    readonly shape?: string;
  };
  readonly inside: readonly Inside[];
  /** Variables of the virtine's own module and of functions around it. */
  readonly captured: readonly Captured[];
  readonly modules: readonly ModuleSize[];
  /** The least policy that allows everything that the program can reach. */
  readonly policy: PolicyLayer;
  /**
   * The policy that the virtine runs under, with limits that differ from the defaults. It is built in and in the lock.
   */
  readonly effective: Policy;
  /** Limits from a recorded profile. They narrow the policy. */
  readonly profiled?: ProfiledLimits;
  /** The policy in the virtine's options, which replaces the least one. */
  readonly written?: Policy;
  readonly grants: readonly GrantReason[];
  /** Requests whose targets only a person can list. They are denied until the word `virtine` grants them. */
  readonly denied?: readonly GrantReason[];
  /** Refusals that a person accepted. The code is not in the program, or fails when it is used. */
  readonly accepted: readonly { readonly subject: string; readonly chain: readonly Step[] }[];
  /** Code that runs once, before the snapshot that calls start from: `module initialisation of ...`, constants. */
  readonly initialisation: readonly string[];
  /** The outcome for each backend whose snapshot was to be shipped. */
  readonly shipped?: readonly ShippedOutcome[];
  /**
   * Bytes of all modules that were read, of the program, and of its source map. For C: bytes of all pages that a
   * context owns, with the general image and with its own.
   */
  readonly sizes: { readonly before: number; readonly after: number; readonly map: number };
  readonly warnings: readonly string[];
  /** For C only. */
  readonly native?: NativeFacts;
}
