/** What a virtine's options say that the compiler has to know: policy and accepted refusals. */
import { deterministic, type Policy, pure } from '@colony/core';
import { Constants, keyOf, UNKNOWN } from './facts/constants.js';
import type { Found } from './find.js';
import type { Node, Parsed } from './parse.js';
import { refusalError } from './refuse.js';
import type { Scopes } from './scopes.js';

export interface StaticOptions {
  /** Not there where none is written. */
  readonly policy?: Policy | typeof UNKNOWN;
  readonly accept: readonly string[];
}

const PRESETS: Readonly<Record<string, Policy>> = { pure, deterministic };

/** @throws ColonyError ERR_COMPILE where `accept` is not constant. */
export function readOptions(found: Found, parsed: Parsed, scopes: Scopes): StaticOptions {
  const { options, name } = found;
  if (options === undefined) return { accept: [] };
  const constants = new Constants(scopes);
  if (options.type !== 'ObjectExpression') {
    const value = constants.valueOf(options);
    if (value === UNKNOWN || typeof value !== 'object' || value === null) return { policy: UNKNOWN, accept: [] };
    const { policy, accept } = value as { policy?: Policy; accept?: string[] };
    return { ...(policy === undefined ? {} : { policy }), accept: accept ?? [] };
  }
  const propertyOf = (key: string) => {
    const property = options.properties.find((each) => each.type === 'Property' && keyOf(each) === key);
    return property?.type === 'Property' ? property.value : undefined;
  };
  const spreads = options.properties.some(({ type }) => type === 'SpreadElement');
  const policy = propertyOf('policy');
  const accept = propertyOf('accept');
  const accepted = accept === undefined ? [] : constants.valueOf(accept);
  if (!Array.isArray(accepted) || !accepted.every((each) => typeof each === 'string')) {
    const message = 'its option `accept` is not known at build time';
    const advice = "write it out: accept: ['node:fs']";
    const place = parsed.lines.at((accept as Node).start);
    throw refusalError([{ rule: 'placement', virtine: name, subject: 'accept', message, advice, chain: [], ...place }]);
  }
  if (policy === undefined) return spreads ? { policy: UNKNOWN, accept: accepted } : { accept: accepted };
  return { policy: policyOf(policy, constants, scopes), accept: accepted };
}

function policyOf(node: Node, constants: Constants, scopes: Scopes): Policy | typeof UNKNOWN {
  if (node.type === 'Identifier') {
    const binding = scopes.bindings.get(node.name);
    const imported = binding?.tracked.type === 'Import' && binding.tracked.importNode.source.value === '@colony/core';
    if (imported) return PRESETS[node.name] ?? UNKNOWN;
  }
  return constants.valueOf(node) as Policy | typeof UNKNOWN;
}
