/**
 * Questions of a compiler about the uses of capabilities in a program. The code that decides at run time answers them.
 */
import {
  type AnySection,
  allSections,
  builtIns,
  type CapabilityGrants,
  type CompiledGrants,
  type WholeGrant,
} from './index.js';
import type { AnyUse, GrantIncrease, Uses } from './section.js';

export type { KnownArgument } from './host-functions.js';
export type { KnownUse, WholeGrant } from './index.js';
export type { GrantIncrease } from './section.js';

/** Returns whether a grant is only a yes or no. Other grants list what they allow. */
export const isWholeGrant = (grant: string): grant is WholeGrant =>
  allSections.some(({ key, denied }) => key === grant && denied === false);

/** Returns the grant that a hypercall of Colony's own needs: `fs.read` for `colony:fs.list`. */
export const grantOfBuiltIn = (hypercall: string): string | undefined => builtIns.get(hypercall)?.hypercall.grant;

/** Returns the grant that any use of a JavaScript global needs: `random` for `crypto`. */
export const grantOfGlobal = (name: string): string | undefined =>
  allSections.find(({ globals }) => globals.includes(name))?.grants[0];

/** Returns the name of the grant that a use needs, as a policy's path: `clock`, `hypercalls.lookup`, `fs.read`. */
export const grantOf = (use: AnyUse): string => sectionOf(use.kind).grantOf(use);

/** Returns why one layer of a policy refuses a known use, or `undefined`. */
export function refusalOf(layer: CompiledGrants, use: AnyUse): string | undefined {
  const section = sectionOf(use.kind);
  const granted = layer[section.key];
  return granted === undefined ? undefined : section.refusal(granted, use);
}

/** Returns whether one layer of a policy allows any use of this kind. */
export function allowsAny(layer: CompiledGrants, kind: string): boolean {
  const section = sectionOf(kind);
  const granted = layer[section.key];
  return granted === undefined || section.grantsAny(granted, kind);
}

/** Returns the grants of one layer that no use needs. */
export function unusedGrants(layer: CompiledGrants, { known, unknown }: Uses<AnyUse>): string[] {
  return allSections.flatMap((section) => {
    const granted = layer[section.key];
    return granted === undefined ? [] : section.unused(granted, { known: usesOf(section, known), unknown });
  });
}

/** Returns the smallest policy that allows the uses. */
export function leastGrants(uses: readonly AnyUse[]): CapabilityGrants {
  const grants = allSections.map((section) => [section.key, section.least(usesOf(section, uses))] as const);
  return Object.fromEntries(grants.filter(([, grant]) => grant !== undefined));
}

/** Returns the grants of one layer beyond those of an older one. */
export function layerIncreases(before: CompiledGrants, after: CompiledGrants): GrantIncrease[] {
  return allSections.flatMap((section) => {
    const granted = before[section.key];
    return granted === undefined ? [] : section.increases(granted, after[section.key]);
  });
}

/** Returns the joint grants of a policy's layers beyond those of an older policy, if these differ from the sum. */
export function jointIncreases(
  before: readonly CompiledGrants[],
  after: readonly CompiledGrants[],
): readonly GrantIncrease[] {
  const grants = (layers: readonly CompiledGrants[], { key }: AnySection) => layers.map((layer) => layer[key]);
  return allSections.flatMap(
    (section) => section.jointIncreases?.(grants(before, section), grants(after, section)) ?? [],
  );
}

function sectionOf(kind: string): AnySection {
  const section = allSections.find(({ grants }) => grants.includes(kind));
  if (section === undefined) throw new TypeError(`no capability has the grant ${kind}`);
  return section;
}

const usesOf = ({ grants }: AnySection, uses: readonly AnyUse[]) => uses.filter(({ kind }) => grants.includes(kind));
