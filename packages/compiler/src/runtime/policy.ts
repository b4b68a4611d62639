/** The policy of a context: what was built, and less where the program says so. Never more. */
import { ColonyError, compilePolicy, type LimitsInput, narrow, type Policy } from '@colony/core';
import { canonical } from '../policy/canonical.js';
import { GRANTING } from '../policy/effective.js';
import { defaults } from './defaults.js';
import type { VirtineDescriptor, VirtineOptions } from './types.js';

/** Where it is, for messages: `virtine \`price\` (src/price.ts:3:8)`. */
type Named = Pick<VirtineDescriptor, 'name'> & Partial<Pick<VirtineDescriptor, 'where'>>;

const shown = ({ name, where }: Named): string =>
  where === undefined ? `virtine \`${name}\`` : `virtine \`${name}\` (${where})`;

/**
 * What was built, narrowed by what `configure` says for all.
 * @throws ColonyError ERR_POLICY_DENIED where `configure` raises a limit; ERR_BAD_POLICY
 */
export function configuredPolicy(virtine: Named, built: Policy): Policy {
  const { policy, limits } = defaults();
  const narrowed = policy === undefined ? built : narrow(built, policy);
  return limits === undefined ? narrowed : withLimits(virtine, narrowed, limits);
}

function withLimits(virtine: Named, built: Policy, limits: LimitsInput): Policy {
  const most = compilePolicy(built).limits;
  // Core reads them: what is stated is what differs from nothing stated.
  const asked = compilePolicy({ limits }).limits;
  for (const name of Object.keys(limits) as (keyof LimitsInput)[]) {
    if (limits[name] === undefined || asked[name] <= most[name]) continue;
    const message =
      `${shown(virtine)}: \`configure\` asks for limits.${name} of ${asked[name]}, and it was built with ${most[name]}: ` +
      `what is built can only be narrowed. Set limits.${name} where it is built: \`virtine(fn, { limits })\`, or ` +
      '`"colony": { "limits": {...} }` in package.json for all virtines of the project';
    const details = { path: `configure.limits.${name}`, virtine: virtine.name };
    throw new ColonyError('ERR_POLICY_DENIED', message, { details });
  }
  return narrow(built, { inherit: true, limits });
}

/**
 * What the options grant is built in. Options that say something else now are not those that were analysed.
 * @throws ColonyError ERR_POLICY_DENIED
 */
export function checkBuilt(descriptor: VirtineDescriptor, options: VirtineOptions): void {
  const { written = {}, name } = descriptor;
  for (const key of GRANTING) {
    if (sameText(options[key]) === sameText(written[key])) continue;
    const message =
      `${shown(descriptor)}: its option \`${key}\` is not what it was when the virtine was built: build it again, and write ` +
      `${key} as a constant that nothing changes`;
    throw new ColonyError('ERR_POLICY_DENIED', message, { details: { path: `options.${key}`, virtine: name } });
  }
}

/** What has no text is nothing that was built. */
function sameText(value: unknown): string | undefined {
  try {
    return canonical(value);
  } catch {
    return undefined;
  }
}
