/** The synthesis report: what a virtine consists of and may do, and why. The same input gives the same bytes. */
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
  /** npm package that it comes from; of C, Colony's runtime or the C library. */
  readonly package?: string;
  /** The calls that lead there, from the virtine. */
  readonly because: readonly Step[];
  /** Of C: its machine code. */
  readonly native?: NativePart;
}

export interface ModuleSize {
  readonly file: string;
  readonly package?: string;
  /** Bytes of the file, and of what of it is in the program. */
  readonly before: number;
  readonly inside: number;
  /** What is inside depends on it, though nothing of it may be: a header. */
  readonly read?: true;
}

/** Whether the evaluated state is shipped for a backend, or why it is not. */
export interface ShippedOutcome {
  readonly backend: string;
  readonly refused?: string;
  /** What initialisation may ask for, by analysis: in what it asked for itself is among them. */
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
    /** SHA-256 of a TypeScript program without the virtine's name and its file's. */
    readonly shape?: string;
  };
  readonly inside: readonly Inside[];
  /** Variables of the virtine's own module and of functions around it. */
  readonly captured: readonly Captured[];
  readonly modules: readonly ModuleSize[];
  /** The least policy that allows all that the program can reach. */
  readonly policy: PolicyLayer;
  /** What the virtine runs under, with its limits where they are not the defaults: it is built in, and in the lock. */
  readonly effective: Policy;
  /** Limits from a recorded profile, which narrow that. */
  readonly profiled?: ProfiledLimits;
  /** The policy that is written in the virtine's options; it is used in place of the least one. */
  readonly written?: Policy;
  readonly grants: readonly GrantReason[];
  /** Asked for, but only a person can say what of it: denied until the word `virtine` grants it. */
  readonly denied?: readonly GrantReason[];
  /** Refused, but accepted by a person: it is not in the program, or fails when it is used. */
  readonly accepted: readonly { readonly subject: string; readonly chain: readonly Step[] }[];
  /** What runs once, before the snapshot from which calls start: `module initialisation of ...`, constants. */
  readonly initialisation: readonly string[];
  /** Where the build was to ship the state after that. */
  readonly shipped?: readonly ShippedOutcome[];
  /**
   * Bytes: of all modules that were read for it, of the program, of its source map. Of C: of all pages that a context
   * owns, with the general image and with its own.
   */
  readonly sizes: { readonly before: number; readonly after: number; readonly map: number };
  readonly warnings: readonly string[];
  /** Of C. */
  readonly native?: NativeFacts;
}
