/** Makes the least policy from the host calls that an image can reach, and checks the author's options against it. */
import { ColonyError, type PolicyLayer } from '@colony/core';
import { grantOfBuiltIn, isWholeGrant } from '@colony/core/capabilities';
import type { GrantReason } from '../../policy/index.js';
import type { Step } from '../../source/chain.js';
import { type Place, showPlace } from '../../source/place.js';
import { type VirtineOptions, wordOf } from '../source/options.js';

export interface ReachedHypercall {
  readonly name: string;
  /** From the virtine to the place of the call. */
  readonly chain: readonly Step[];
}

export interface LeastPolicy {
  readonly policy: PolicyLayer;
  readonly grants: readonly GrantReason[];
  /**
   * Grants that only a person can give, because code does not show their names, paths or origins. They are not given
   * yet.
   */
  readonly denied: readonly GrantReason[];
  readonly warnings: readonly string[];
}

/** Returns `console` or `fs.read` for a capability, `hypercalls.NAME` for a host function. */
const grantFor = (name: string): string => grantOfBuiltIn(name) ?? `hypercalls.${name}`;
/** Returns the grant that a word in `allow(console, log)` stands for. */
const allowedGrant = (word: string): string => (isWholeGrant(word) ? word : grantFor(word));

interface Virtine extends Place {
  readonly name: string;
  readonly options: VirtineOptions;
}

/**
 * @param dynamic the chain to a call whose name is known only at run time
 * @throws ColonyError ERR_BAD_POLICY if `allow` leaves out a function that the virtine calls
 */
export function leastPolicy(
  virtine: Virtine,
  reached: readonly ReachedHypercall[],
  dynamic: readonly Step[] | undefined,
): LeastPolicy {
  const { allow, lists } = virtine.options;
  if (dynamic !== undefined && allow === undefined) throw unknownNames(virtine, dynamic);
  const allowed = allow === undefined ? undefined : new Set([...allow.map(allowedGrant), ...Object.keys(lists)]);
  for (const call of reached)
    if (allowed !== undefined && !allowed.has(grantFor(call.name))) throw leftOut(virtine, call, allow!);
  const reasons = reached.map(({ name, chain }) => ({ grant: grantFor(name), what: chain.at(-1)!.name, chain }));
  const used = new Set(reasons.map(({ grant }) => grant));
  if (dynamic !== undefined)
    for (const word of allow!)
      if (!used.has(allowedGrant(word)))
        reasons.push({ grant: allowedGrant(word), what: `allow(${word})`, chain: dynamic });
  const granted = (grant: string) => isWholeGrant(grant) || grant in lists || grant.startsWith('hypercalls.');
  const grants = reasons.filter(({ grant }) => granted(grant)).sort(byGrant);
  const warnings = dynamic === undefined ? unused(virtine, used) : [];
  const denied = reasons.filter(({ grant }) => !granted(grant)).sort(byGrant);
  return { policy: policyOf(grants, virtine.options), grants, denied, warnings };
}

const byGrant = (a: GrantReason, b: GrantReason) =>
  a.grant < b.grant ? -1 : a.grant > b.grant ? 1 : a.chain.length - b.chain.length;

const shown = (chain: readonly Step[]) => chain.map(({ name }) => name).join(' -> ');

function unknownNames(virtine: Virtine, dynamic: readonly Step[]): ColonyError {
  return new ColonyError(
    'ERR_BAD_POLICY',
    `${showPlace(virtine)}: ${virtine.name} calls host functions whose names are known only at run time (${shown(dynamic)} ` +
      'calls colony_call_values): name them, with allow(...)',
  );
}

function leftOut(virtine: Virtine, { name, chain }: ReachedHypercall, allow: readonly string[]): ColonyError {
  return new ColonyError(
    'ERR_BAD_POLICY',
    `${showPlace(virtine)}: ${virtine.name} calls ${name} (${showPlace(chain.at(-1)!)}) by way of ${shown(chain.slice(0, -1))}, ` +
      `which allow(${allow.join(', ')}) does not grant: add it, or leave out the call`,
  );
}

function unused(virtine: Virtine, used: ReadonlySet<string>): string[] {
  const { allow = [], lists } = virtine.options;
  const words = [
    ...allow.filter((word) => !used.has(allowedGrant(word))).map((word) => [`allow(${word})`, word] as const),
    ...Object.keys(lists)
      .filter((grant) => !used.has(grant))
      .map((grant) => [wordOf(grant), `colony:${grant}`] as const),
  ];
  const { name } = virtine;
  return words.map(
    ([shownAs, what]) =>
      `${showPlace(virtine)}: ${shownAs} of ${name} is too wide: nothing that it can reach calls ${what}; leave it out`,
  );
}

function policyOf(grants: readonly GrantReason[], { limits, lists }: VirtineOptions): PolicyLayer {
  const names = new Set(grants.map(({ grant }) => grant));
  const hypercalls = [...names].filter((name) => name.startsWith('hypercalls.')).map((name) => name.slice(11));
  const list = (grant: keyof typeof lists) => (names.has(grant) ? lists[grant] : undefined);
  const [env, read, write, origins] = [list('env'), list('fs.read'), list('fs.write'), list('fetch')];
  return {
    ...Object.fromEntries([...names].filter(isWholeGrant).map((grant) => [grant, true])),
    ...(env && { env }),
    ...((read || write) && { fs: { ...(read && { read }), ...(write && { write }) } }),
    ...(origins && { fetch: origins.map((origin) => ({ origin })) }),
    ...(hypercalls.length > 0 && { hypercalls: Object.fromEntries(hypercalls.map((name) => [name, true as const])) }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}
