/** What a program may ask of its host, each with the calls that lead there. */
import { grantOf as grantOfUse, type KnownUse, type WholeGrant } from '@colony/core/capabilities';
import type { Step } from '../source/chain.js';

export type CapabilityUse =
  | KnownUse
  /** What it asks for is only known when it runs. `of`: the grant that it needs. */
  | { readonly kind: 'unknown'; readonly of: UnknownGrant };

/** Grants whose uses have arguments, which may not be known at build time. */
export type UnknownGrant = Exclude<KnownUse['kind'], WholeGrant>;

export interface Need {
  readonly capability: CapabilityUse;
  /** What stands in the source: `Date.now`, `host.lookup`. */
  readonly what: string;
  /** From the virtine to the place where it is asked. */
  readonly chain: readonly Step[];
  /** The same from where the program starts, if initialisation may come there. */
  readonly initially?: readonly Step[];
}

/** Name of the policy's section or grant: `clock`, `hypercalls.lookup`, `fs.read`. */
export function grantOf(use: CapabilityUse): string {
  if (use.kind !== 'unknown') return grantOfUse(use);
  return use.of === 'hypercall' ? 'hypercalls' : use.of;
}
