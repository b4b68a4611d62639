/** Ready-made policies, and their composition. */
import { OptionReader } from '../options/option-reader.js';
import { compileCopy, compilePolicy } from './compile.js';
import { copyPlain } from './plain.js';
import type { Policy, PolicyLayer } from './types.js';

/** Permits only computing: no hypercalls, clock, randomness or console. A context without a policy gets it. */
export const pure: PolicyLayer = Object.freeze({});

/** The same as `pure`, with a clock fixed at 2000-01-01 and the same random numbers in each call. */
export const deterministic: PolicyLayer = Object.freeze({
  clock: Object.freeze({ fixed: 946684800000 }),
  random: Object.freeze({ seed: 'colony' }),
});

/**
 * Returns a policy that allows only requests that both `parent` and `child` allow. Limits become the smaller ones;
 * demands on isolation add up. It never allows a request that `parent` or `child` refuses.
 * A section that `child` omits is refused, so `pure` leaves nothing. A layer of `child` with `inherit: true` leaves the
 * decision on omitted sections to the parent. The result is a frozen copy: later changes of `parent` or `child` have no
 * effect.
 * @throws ColonyError ERR_BAD_POLICY if one of them is invalid or not plain data
 */
export function narrow(parent: Policy, child: Policy): Policy {
  const outer = read('parent', parent, false);
  const inner = read('child', child, true);
  const result = Object.freeze({ all: Object.freeze([outer, inner]) });
  // Each is valid, but together they may have too many layers.
  compilePolicy(result);
  return result;
}

function read(root: string, policy: Policy, follows: boolean): Policy {
  const reader = new OptionReader('ERR_BAD_POLICY', root);
  const copy = copyPlain(policy, reader);
  compileCopy(copy, reader, follows);
  return copy as Policy;
}
