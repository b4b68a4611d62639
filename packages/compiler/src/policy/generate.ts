/** The least policy that allows what a program needs. */
import type { PolicyLayer } from '@colony/core';
import { leastGrants } from '@colony/core/capabilities';
import { grantOf, type Need } from './needs.js';

/** Why the policy has a grant: all places that ask for it, the nearest first. */
export interface GrantReason {
  readonly grant: string;
  /** What is asked for there. */
  readonly what: string;
  readonly chain: Need['chain'];
}

export const generatePolicy = (needs: readonly Need[]): PolicyLayer =>
  leastGrants(needs.flatMap(({ capability }) => (capability.kind === 'unknown' ? [] : [capability])));

/** One reason for each place, in the order in which they were found. */
export function reasonsOf(needs: readonly Need[]): GrantReason[] {
  return needs
    .map(({ capability, what, chain }) => ({ grant: grantOf(capability), what, chain }))
    .sort((a, b) => (a.grant < b.grant ? -1 : a.grant > b.grant ? 1 : a.chain.length - b.chain.length));
}

/** Those that initialisation may ask for, with the chains from there. */
export function initialReasonsOf(needs: readonly Need[]): GrantReason[] {
  return reasonsOf(needs.flatMap((need) => (need.initially ? [{ ...need, chain: need.initially }] : [])));
}
