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
  | 'unproved-options'
  | 'inner-virtine'
  /** Of a C file; its message has the advice. */
  | 'c';

/** What a refusal is called in messages. A code never gets another meaning. */
const CODES: Readonly<Record<Rule, string>> = {
  placement: 'REF-001',
  'not-async': 'REF-002',
  'captured-mutable': 'REF-003',
  'captured-class': 'REF-004',
  'captured-change': 'REF-005',
  unmarshalable: 'REF-006',
  this: 'REF-007',
  'dynamic-code': 'REF-008',
  'dynamic-import': 'REF-009',
  'native-addon': 'REF-010',
  'node-builtin': 'REF-011',
  'host-global': 'REF-012',
  'dynamic-capability': 'REF-013',
  'policy-too-narrow': 'REF-014',
  'unproved-options': 'REF-015',
  'inner-virtine': 'REF-016',
  c: 'REF-017',
};

/** `REF-011`, of the rule `node-builtin`. */
export const refusalCode = (rule: Rule): string => CODES[rule];

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
  const { rule, virtine, message, advice, chain } = refusal;
  const way = chain.length > 1 ? `\n${showChain(chain)}` : '';
  const head = `${showPlace(refusal)}: virtine \`${virtine}\`: ${message} (${refusalCode(rule)})`;
  return `${head}${way}\n    what to do: ${advice}`;
}

/** One error for all that is wrong; `details.refusals` has them as data. */
export function refusalError(refusals: readonly Refusal[]): ColonyError {
  const first = refusals[0]!;
  return new ColonyError('ERR_COMPILE', refusals.map(showRefusal).join('\n'), {
    details: { path: showPlace(first), refusals },
  });
}
