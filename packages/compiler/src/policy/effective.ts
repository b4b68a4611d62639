/** The policy that a virtine runs under, made from everything that grants it something. */
import { compilePolicy, type LimitsInput, narrow, type Policy, type PolicyLayer } from '@colony/core';
import type { ProfiledLimits } from '../profile/limits.js';

/** Options of a virtine that grant something. The others configure the host, and may be anything. */
export const GRANTING = ['policy', 'limits', 'accept'] as const;

/** The grants in a virtine's own options. */
export interface WrittenOptions {
  readonly policy?: Policy;
  readonly limits?: LimitsInput;
  readonly accept?: readonly string[];
}

export interface Sources {
  /** The least policy. */
  readonly least: PolicyLayer;
  readonly written: WrittenOptions;
  /** Limits of the project, for virtines that state none of their own. */
  readonly project: LimitsInput;
  readonly profiled: ProfiledLimits | undefined;
}

/**
 * Whether a policy states its limits. Limits beside such a policy can only narrow them, as in core's `createContext`.
 */
const hasLimits = (policy: Policy): boolean => 'all' in policy || (policy as PolicyLayer).limits !== undefined;

/**
 * The policy that is built in, reported and recorded: the written one or the least one, with the limits of the options,
 * the project and the profile, in this order.
 * @throws ColonyError ERR_BAD_POLICY
 */
export function effectivePolicy({ least, written, project, profiled }: Sources): Policy {
  const policy = written.policy ?? least;
  if (hasLimits(policy)) {
    return written.limits === undefined ? policy : narrow(policy, { inherit: true, limits: written.limits });
  }
  const limits = { ...raisedBy(profiled), ...project, ...written.limits };
  return Object.keys(limits).length === 0 ? policy : { ...policy, limits };
}

/** Core's default limits. */
const usual = () => compilePolicy({}).limits;

/** The limits that a profile raises: these are built in. Those that it lowers apply when a context is created. */
function raisedBy(profiled: ProfiledLimits | undefined): LimitsInput {
  const defaults = usual();
  const raised = Object.entries(profiled?.limits ?? {}).filter(([name, limit]) => limit > defaults[name as 'memory']);
  return Object.fromEntries(raised);
}

/** The limits of a profile that apply: written limits replace them. */
export function profiledBeside(
  profiled: ProfiledLimits | undefined,
  { written, project }: Pick<Sources, 'written' | 'project'>,
): ProfiledLimits | undefined {
  if (profiled === undefined || (written.policy !== undefined && hasLimits(written.policy))) return undefined;
  const stated = { ...project, ...written.limits };
  const limits = Object.entries(profiled.limits).filter(([name]) => !Object.hasOwn(stated, name));
  return limits.length === 0 ? undefined : { ...profiled, limits: Object.fromEntries(limits) };
}
