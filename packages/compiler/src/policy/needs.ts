/** What a program may ask of its host, each with the calls that lead there. */
import { type CapabilityUse, grantOf as grantOfUse, type WholeGrant } from '@colony/core/capabilities';
import type { Step } from '../source/chain.js';

export type Wish =
  | CapabilityUse
  /** What it asks for is only known when it runs. `of`: the grant that it needs. */
  | { readonly kind: 'unknown'; readonly of: UnknownGrant };

/** Grants whose uses have arguments, which may not be known at build time. */
export type UnknownGrant = Exclude<CapabilityUse['kind'], WholeGrant>;

export interface Need {
  readonly wish: Wish;
  /** What stands in the source: `Date.now`, `host.lookup`. */
  readonly what: string;
  /** From the virtine to the place where it is asked. */
  readonly chain: readonly Step[];
  /** The same from where the program starts, if initialisation may come there. */
  readonly initially?: readonly Step[];
}

/** Name of the policy's section or grant: `clock`, `hypercalls.lookup`, `fs.read`. */
export function grantOf(wish: Wish): string {
  if (wish.kind !== 'unknown') return grantOfUse(wish);
  return wish.of === 'hypercall' ? 'hypercalls' : wish.of;
}
