/** From host calls that an image can reach to the least policy, and what an author's `allow(...)` says to that. */
import { ColonyError, type PolicyLayer } from '@colony/core';

export interface ReachedHypercall {
  readonly name: string;
  /** The function that calls it, and what leads there from the virtine. */
  readonly chain: readonly string[];
  readonly source?: string;
}

export interface Grant {
  readonly grant: string;
  readonly reason: string;
}

export interface LeastPolicy {
  readonly policy: PolicyLayer;
  readonly grants: readonly Grant[];
  readonly refused: readonly Grant[];
  readonly warnings: readonly string[];
}

/** Capabilities that a section of a policy grants whole; the others need paths, names or origins that only a person knows. */
const SECTIONS: Readonly<Record<string, 'console' | 'clock' | 'random'>> = {
  'colony:console': 'console',
  'colony:clock': 'clock',
  'colony:random': 'random',
};

const isBuiltIn = (name: string) => name.startsWith('colony:');
/** In `allow(console)`, the short name of a section. */
const wholeName = (name: string) => Object.keys(SECTIONS).find((full) => SECTIONS[full] === name) ?? name;

/** @throws ColonyError ERR_BAD_POLICY where `allow` leaves out what the function calls. */
export function leastPolicy(
  virtine: { readonly name: string; readonly place: string },
  reached: readonly ReachedHypercall[],
  allow: readonly string[] | undefined,
  limits: Readonly<Record<string, number>>,
  dynamic: readonly string[] | undefined,
): LeastPolicy {
  const allowed = allow?.map(wholeName);
  if (dynamic !== undefined && allowed === undefined) {
    throw new ColonyError(
      'ERR_BAD_POLICY',
      `${virtine.place}: ${virtine.name} calls host functions whose names are known only at run time (${dynamic.join(' -> ')} ` +
        'calls colony_call_values): say which, with allow(...)',
    );
  }
  for (const call of reached) {
    if (allowed === undefined || allowed.includes(call.name)) continue;
    throw new ColonyError(
      'ERR_BAD_POLICY',
      `${virtine.place}: ${virtine.name} calls ${call.name}${call.source === undefined ? '' : ` (${call.source})`} by way of ` +
        `${call.chain.join(' -> ')}, which allow(${allow!.join(', ')}) does not grant: add it, or leave out the call`,
    );
  }
  const names = new Set(reached.map(({ name }) => name));
  const granted = dynamic === undefined ? [...names] : [...new Set([...names, ...allowed!])];
  const warnings = dynamic !== undefined ? [] : unused(virtine, allowed, names);
  return { ...policyOf(granted.sort(), reached, limits), warnings };
}

function unused(
  { name, place }: { readonly name: string; readonly place: string },
  allowed: readonly string[] | undefined,
  names: ReadonlySet<string>,
): string[] {
  return (allowed ?? [])
    .filter((each) => !names.has(each))
    .map(
      (each) =>
        `${place}: allow(${each}) of ${name} is too wide: nothing that it can reach calls ${each}; leave it out`,
    );
}

function policyOf(
  granted: readonly string[],
  reached: readonly ReachedHypercall[],
  limits: Readonly<Record<string, number>>,
): Omit<LeastPolicy, 'warnings'> {
  const grants: Grant[] = [];
  const refused: Grant[] = [];
  const hypercalls: Record<string, true> = {};
  const sections: Record<string, true> = {};
  for (const name of granted) {
    const chain = reached.find((call) => call.name === name)?.chain.join(' -> ') ?? 'allow(...)';
    const section = SECTIONS[name];
    if (section !== undefined) sections[section] = true;
    else if (!isBuiltIn(name)) hypercalls[name] = true;
    else {
      refused.push({
        grant: name,
        reason: `${chain} calls it, but what it may reach only a person can say: add it to the context's policy`,
      });
      continue;
    }
    grants.push({ grant: section ?? name, reason: chain });
  }
  const policy: PolicyLayer = {
    ...sections,
    ...(Object.keys(hypercalls).length > 0 && { hypercalls }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
  return { policy, grants, refused };
}
