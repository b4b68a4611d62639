/** A refusal: the rule, the place, the calls that lead there, and advice. */
import { ColonyError } from '@colony/core';
import { type Step, showChain } from '../source/chain.js';
import { type Place, showPlace } from '../source/place.js';
import { type Rule, refusalCode } from './index.js';

export interface Refusal extends Place {
  readonly rule: Rule;
  readonly virtine: string;
  /** The refused thing: `node:fs`, `process`, `counter`. */
  readonly subject: string;
  readonly message: string;
  readonly advice: string;
  readonly chain: readonly Step[];
}

function showRefusal(refusal: Refusal): string {
  const { rule, virtine, message, advice, chain } = refusal;
  const way = chain.length > 1 ? `\n${showChain(chain)}` : '';
  const head = `${showPlace(refusal)}: virtine \`${virtine}\`: ${message} (${refusalCode(rule)})`;
  return `${head}${way}\n    what to do: ${advice}`;
}

/** Returns the refusals of an error, or undefined for an error of another kind. */
export function refusalsIn(error: unknown): readonly Refusal[] | undefined {
  const refusals = ColonyError.is(error) ? error.details['refusals'] : undefined;
  return Array.isArray(refusals) ? refusals : undefined;
}

/** Makes one error of all refusals; `details.refusals` has them as data. */
export function refusalError(refusals: readonly Refusal[]): ColonyError {
  const first = refusals[0]!;
  const codes = [...new Set(refusals.map(({ rule }) => refusalCode(rule)))].sort();
  const more = `Examples, and what to write instead: ${codes.map((code) => `\`colony explain ${code}\``).join(', ')}`;
  return new ColonyError('ERR_COMPILE', [...refusals.map(showRefusal), more].join('\n'), {
    details: { path: showPlace(first), refusals },
  });
}
