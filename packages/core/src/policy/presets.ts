/** Ready-made policies, and composition. */
import { OptionReader } from '../options/option-reader.js';
import { compileCopy, compilePolicy } from './compile.js';
import { copyPlain } from './plain.js';
import type { Policy, PolicyLayer } from './types.js';

/** Nothing but computing: no hypercalls, clock, randomness, console. What a context has without a policy. */
export const pure: PolicyLayer = Object.freeze({});

/** As `pure`, with a clock that stands at 2000-01-01 and the same random numbers in each call. */
export const deterministic: PolicyLayer = Object.freeze({
  clock: Object.freeze({ fixed: 946684800000 }),
  random: Object.freeze({ seed: 'colony' }),
});

/**
 * A policy that allows what `parent` and `child` both allow; limits become the smaller, demands on isolation add up.
 * It can never allow what `parent` or `child` refuses, and a section that `child` leaves out is refused: with `pure`
 * nothing is left. A layer of `child` with `inherit: true` has the parent's say in the sections that it leaves out.
 * The result is a frozen copy: changing `parent` or `child` afterwards changes nothing.
 * @throws ColonyError ERR_BAD_POLICY where one of them is not valid, or not plain data.
 */
export function narrow(parent: Policy, child: Policy): Policy {
  const outer = read('parent', parent, false);
  const inner = read('child', child, true);
  const result = Object.freeze({ all: Object.freeze([outer, inner]) });
  // Each is valid, but both may have too many layers.
  compilePolicy(result);
  return result;
}

function read(root: string, policy: Policy, follows: boolean): Policy {
  const reader = new OptionReader('ERR_BAD_POLICY', root);
  const copy = copyPlain(policy, reader);
  compileCopy(copy, reader, follows);
  return copy as Policy;
}
