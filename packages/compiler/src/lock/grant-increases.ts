/**
 * Compares two policies: lists the grants of one that go beyond the other. Grants that cannot be compared count as
 * wider.
 */
import { type CompiledPolicy, compilePolicy, type Policy } from '@colony/core';
import { type GrantIncrease, jointIncreases, layerIncreases } from '@colony/core/capabilities';

type Layer = CompiledPolicy['layers'][number];

/**
 * The result is empty only if `before` allows everything that `after` allows.
 * @throws ColonyError ERR_BAD_POLICY
 */
export function grantIncreases(before: Policy, after: Policy): GrantIncrease[] {
  const [old, now] = [compilePolicy(before), compilePolicy(after)];
  // All layers of a policy must allow a request, so some new layer must be within each old one.
  const increases = old.layers.flatMap((layer) => {
    const tries = now.layers.map((newer) => [...layerIncreases(layer, newer), ...demandIncreases(layer, newer)]);
    return tries.reduce((least, list) => (list.length < least.length ? list : least));
  });
  increases.push(...limitIncreases(old, now), ...jointIncreases(old.layers, now.layers));
  return [...new Map(increases.map((increase) => [increase.what, increase])).values()];
}

function limitIncreases(old: CompiledPolicy, now: CompiledPolicy): GrantIncrease[] {
  return Object.entries(now.limits).flatMap(([name, limit]) => {
    const was = old.limits[name as keyof typeof old.limits];
    return limit > was ? [{ grant: `limits.${name}`, what: `limits.${name}: ${limit}, was ${was}` }] : [];
  });
}

function demandIncreases(old: Layer, now: Layer): GrantIncrease[] {
  return [
    ...(isDemandKept(old.isolation, now.isolation) ? [] : [{ grant: 'isolation', what: 'isolation' }]),
    ...(areSignersKept(old.signers, now.signers) ? [] : [{ grant: 'snapshots', what: 'snapshots' }]),
  ];
}

/** Whether every isolation that satisfies the new demand satisfies the old one. */
function isDemandKept(old: Layer['isolation'], now: Layer['isolation']): boolean {
  if (old === undefined) return true;
  if (now === undefined) return false;
  const has = (list: readonly string[], all: readonly string[]) => all.every((item) => list.includes(item));
  return has(old.boundary, now.boundary) && has(now.mechanisms, old.mechanisms) && has(now.limits, old.limits);
}

/** Whether the old demand accepts every file that the new one accepts. */
const areSignersKept = (old: Layer['signers'], now: Layer['signers']): boolean =>
  old === undefined || (now?.every((signer) => old.includes(signer)) ?? false);
