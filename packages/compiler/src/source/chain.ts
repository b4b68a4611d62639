/** Chains of calls, from a virtine to a place in its program. */
import { type Place, showPlace } from './place.js';

/** One step of a chain: what is entered, and the place of the call or the reference that enters it. */
export interface Step extends Place {
  readonly name: string;
}

/** Prefix of a step that a module's own statements make, and not a call. */
export const INITIALISATION = 'module initialisation of';

export function showChain(chain: readonly Step[], indent = '    '): string {
  return chain
    .map((step, index) => `${indent}${index === 0 ? '   ' : '-> '}${step.name} (${showPlace(step)})`)
    .join('\n');
}
