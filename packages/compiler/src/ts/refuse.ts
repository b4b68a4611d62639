/** What cannot become a virtine: rule, place, the calls that lead there, and what to do. */
import { ColonyError } from '@colony/core';
import { type Place, showPlace } from './parse.js';

export type Rule =
  | 'placement'
  | 'not-async'
  | 'captured-mutable'
  | 'captured-class'
  | 'captured-change'
  | 'unmarshalable'
  | 'this'
  | 'dynamic-code'
  | 'dynamic-import'
  | 'native-addon'
  | 'node-builtin'
  | 'host-global'
  | 'dynamic-capability'
  | 'policy-too-narrow'
  /** Of a C file; its message has the advice. */
  | 'c';

/** One step on the way from the virtine: what is entered, and where that is asked for. */
export interface Step extends Place {
  readonly name: string;
}

export interface Refusal extends Place {
  readonly rule: Rule;
  readonly virtine: string;
  /** What is refused: `node:fs`, `process`, `counter`. */
  readonly subject: string;
  readonly message: string;
  readonly advice: string;
  readonly chain: readonly Step[];
}

export function showChain(chain: readonly Step[], indent = '    '): string {
  return chain
    .map((step, index) => `${indent}${index === 0 ? '   ' : '-> '}${step.name} (${showPlace(step)})`)
    .join('\n');
}

function showRefusal(refusal: Refusal): string {
  const { virtine, message, advice, chain } = refusal;
  const way = chain.length > 1 ? `\n${showChain(chain)}` : '';
  return `${showPlace(refusal)}: virtine \`${virtine}\`: ${message}${way}\n    what to do: ${advice}`;
}

/** One error for all that is wrong; `details.refusals` has them as data. */
export function refusalError(refusals: readonly Refusal[]): ColonyError {
  const first = refusals[0]!;
  return new ColonyError('ERR_COMPILE', refusals.map(showRefusal).join('\n'), {
    details: { path: showPlace(first), refusals },
  });
}
