/** The capabilities that a program may use, each with the chain of calls that leads to the use. */
import { grantOf as grantOfUse, type KnownUse, type WholeGrant } from '@colony/core/capabilities';
import type { Step } from '../source/chain.js';

export type CapabilityUse =
  | KnownUse
  /** The target of the use is known only at run time. `of` is the grant that it needs. */
  | { readonly kind: 'unknown'; readonly of: UnknownGrant };

/** Grants whose uses have arguments, which may not be known at build time. */
export type UnknownGrant = Exclude<KnownUse['kind'], WholeGrant>;

export interface Need {
  readonly capability: CapabilityUse;
  /** The source text: `Date.now`, `host.lookup`. */
  readonly what: string;
  /** From the virtine to the place of the use. */
  readonly chain: readonly Step[];
  /** From the program's start, if initialisation may reach the use. */
  readonly initially?: readonly Step[];
}

/** Name of the policy's section or grant: `clock`, `hypercalls.lookup`, `fs.read`. */
export function grantOf(use: CapabilityUse): string {
  if (use.kind !== 'unknown') return grantOfUse(use);
  return use.of === 'hypercall' ? 'hypercalls' : use.of;
}
