/** Compares a policy that a person wrote with what the program needs. The rules are those that core decides by. */
import { compilePolicy, type Policy } from '@colony/core';
import { allowsAny, refusalOf, unusedGrants } from '@colony/core/capabilities';
import { type CapabilityUse, grantOf, type Need } from './needs.js';

export interface PolicyCheck {
  /** Needs that the policy refuses, with its reason. */
  readonly tooNarrow: readonly { readonly need: Need; readonly reason: string }[];
  /** Grants that nothing in the program uses: `console`, `hypercalls.save`, `fetch https://a.example`. */
  readonly unused: readonly string[];
}

type Layer = ReturnType<typeof compilePolicy>['layers'][number];

/** @throws ColonyError ERR_BAD_POLICY */
export function checkPolicy(policy: Policy, needs: readonly Need[]): PolicyCheck {
  const { layers } = compilePolicy(policy);
  const tooNarrow = needs.flatMap((need) => {
    const reason = layers.map((layer) => refusal(layer, need.capability)).find((text) => text !== undefined);
    return reason === undefined ? [] : [{ need, reason }];
  });
  const uses = usesOf(needs);
  return { tooNarrow, unused: [...new Set(layers.flatMap((layer) => unusedGrants(layer, uses)))].sort() };
}

function refusal(layer: Layer, use: CapabilityUse): string | undefined {
  if (use.kind !== 'unknown') return refusalOf(layer, use);
  if (allowsAny(layer, use.of)) return undefined;
  return `the policy has no ${grantOf(use)}, and the requested name is not known at build time`;
}

function usesOf(needs: readonly Need[]) {
  const uses = needs.map(({ capability }) => capability);
  return {
    known: uses.filter((use) => use.kind !== 'unknown'),
    unknown: new Set(uses.flatMap((use) => (use.kind === 'unknown' ? [use.of] : []))),
  };
}
