/** Ready-made policies, and composition. */
import { Reader } from '../validate.js';
import { compileAt } from './compile.js';
import type { Policy, PolicyLayer } from './types.js';

/** Nothing but computing: no hypercalls, clock, randomness, console. What a context has without a policy. */
export const pure: PolicyLayer = Object.freeze({});

/** As `pure`, with a clock that stands at 2000-01-01 and the same random numbers in each call. */
export const deterministic: PolicyLayer = Object.freeze({
  clock: Object.freeze({ fixed: 946684800000 }),
  random: Object.freeze({ seed: 'colony' }),
});

/**
 * A policy that allows what `parent` and `child` both allow. Sections that `child` leaves out stay as they
 * are; limits become the smaller. It can never allow what `parent` refuses.
 * @throws ColonyError ERR_BAD_POLICY
 */
export function narrow(parent: Policy, child: Policy): Policy {
  compileAt('parent', parent);
  const reader = new Reader('ERR_BAD_POLICY', 'child');
  const inherits = (layer: unknown, path: string): Policy => {
    const given = reader.object(layer, path);
    return given.all === undefined ? Object.freeze({ ...given, inherit: true }) : (layer as Policy);
  };
  const { all } = reader.object(child, '');
  const children = all === undefined ? [inherits(child, '')] : reader.list(all, 'all', inherits);
  const result = Object.freeze({ all: Object.freeze([parent, ...children]) });
  compileAt('policy', result);
  return result;
}
