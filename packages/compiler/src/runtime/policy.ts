/** The policy of a context: the built one, which the program can narrow but never widen. */
import { ColonyError, compilePolicy, type LimitsInput, narrow, type Policy } from '@colony/core';
import { canonical } from '../policy/canonical.js';
import { GRANTING } from '../policy/effective.js';
import { defaults } from './defaults.js';
import type { VirtineDescriptor, VirtineOptions } from './types.js';

/** A virtine as messages name it: `virtine \`price\` (src/price.ts:3:8)`. */
type Named = Pick<VirtineDescriptor, 'name'> & Partial<Pick<VirtineDescriptor, 'where'>>;

const shown = ({ name, where }: Named): string =>
  where === undefined ? `virtine \`${name}\`` : `virtine \`${name}\` (${where})`;

/**
 * Returns the built policy, narrowed by the policy and the limits of `configure`.
 * @throws ColonyError ERR_POLICY_DENIED if `configure` raises a limit; ERR_BAD_POLICY
 */
export function configuredPolicy(virtine: Named, built: Policy): Policy {
  const { policy, limits } = defaults();
  const narrowed = policy === undefined ? built : narrow(built, policy);
  return limits === undefined ? narrowed : withLimits(virtine, narrowed, limits);
}

function withLimits(virtine: Named, built: Policy, limits: LimitsInput): Policy {
  const most = compilePolicy(built).limits;
  // Core parses the limits, such as '5 s'.
  const asked = compilePolicy({ limits }).limits;
  for (const name of Object.keys(limits) as (keyof LimitsInput)[]) {
    if (limits[name] === undefined || asked[name] <= most[name]) continue;
    const message =
      `${shown(virtine)}: \`configure\` asks for limits.${name} of ${asked[name]}, and it was built with ${most[name]}: ` +
      `built limits can only be narrowed. Set limits.${name} where it is built: \`virtine(fn, { limits })\`, or ` +
      '`"colony": { "limits": {...} }` in package.json for all virtines of the project';
    const details = { path: `configure.limits.${name}`, virtine: virtine.name };
    throw new ColonyError('ERR_POLICY_DENIED', message, { details });
  }
  return narrow(built, { inherit: true, limits });
}

/**
 * Checks that the granting options are those that were analysed, because their grants are built in.
 * @throws ColonyError ERR_POLICY_DENIED
 */
export function checkBuilt(descriptor: VirtineDescriptor, options: VirtineOptions): void {
  const { written = {}, name } = descriptor;
  for (const key of GRANTING) {
    if (sameText(options[key]) === sameText(written[key])) continue;
    const message =
      `${shown(descriptor)}: its option \`${key}\` differs from the value that the virtine was built with: build it again, and write ` +
      `${key} as a constant that nothing changes`;
    throw new ColonyError('ERR_POLICY_DENIED', message, { details: { path: `options.${key}`, virtine: name } });
  }
}

/** Returns `undefined` for a value without a JSON form: such a value was never built in. */
function sameText(value: unknown): string | undefined {
  try {
    return canonical(value);
  } catch {
    return undefined;
  }
}
