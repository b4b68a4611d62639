/** The least policy that allows what a program needs. */
import type { PolicyLayer } from '@colony/core';
import { leastGrants } from '@colony/core/capabilities';
import { grantOf, type Need } from './needs.js';

/** A reason for a grant: a place in the program that asks for it. */
export interface GrantReason {
  readonly grant: string;
  /** The source text at that place: `Date.now`, `host.lookup`. */
  readonly what: string;
  readonly chain: Need['chain'];
}

export const generatePolicy = (needs: readonly Need[]): PolicyLayer =>
  leastGrants(needs.flatMap(({ capability }) => (capability.kind === 'unknown' ? [] : [capability])));

/** One reason for each place, sorted by grant; the shortest chain first. */
export function reasonsOf(needs: readonly Need[]): GrantReason[] {
  return needs
    .map(({ capability, what, chain }) => ({ grant: grantOf(capability), what, chain }))
    .sort((a, b) => (a.grant < b.grant ? -1 : a.grant > b.grant ? 1 : a.chain.length - b.chain.length));
}

/** The reasons that initialisation may have, with the chains from its start. */
export function initialReasonsOf(needs: readonly Need[]): GrantReason[] {
  return reasonsOf(needs.flatMap((need) => (need.initially ? [{ ...need, chain: need.initially }] : [])));
}
