/** Reads the grants in a virtine's options. They must be constant, because they are built in. */
import type { LimitsInput, Policy } from '@colony/core';
import { GRANTING, type WrittenOptions } from '../../policy/effective.js';
import { refusalError } from '../../refusals/refusal.js';
import type { Node, Parsed } from '../syntax/parse.js';
import type { Scopes } from '../syntax/scopes.js';
import { Proof, type Proved, Unproved } from '../values/proved-values.js';
import type { VirtineSite } from './find.js';

/**
 * @param sites all virtines of the module, which may share constants
 * @throws ColonyError ERR_COMPILE if a granting option is not proved to be constant
 */
export function readOptions(
  site: VirtineSite,
  parsed: Parsed,
  scopes: Scopes,
  sites: readonly VirtineSite[],
): WrittenOptions {
  const { options } = site;
  if (options === undefined) return {};
  const proof = new Proof(
    scopes,
    parsed.lines,
    sites.flatMap(({ options: other }) => (other === undefined ? [] : [other])),
  );
  const properties = proved(site, parsed, 'options', () => proof.propertiesOf(options, GRANTING));
  const read = (key: (typeof GRANTING)[number], is: (value: Proved) => boolean, expected: string) => {
    const node = properties.get(key);
    if (node === undefined) return undefined;
    return proved(site, parsed, key, () => {
      const value = proof.valueOf(node);
      if (value !== undefined && !is(value)) throw new Unproved(node, `it is not ${expected}`, `write ${expected}`);
      return value;
    });
  };
  const policy = read('policy', isRecord, 'a policy') as Policy | undefined;
  const limits = read('limits', isRecord, 'an object of limits') as LimitsInput | undefined;
  const accept = read('accept', isTexts, "a list of names: accept: ['node:fs']") as readonly string[] | undefined;
  return { ...(policy && { policy }), ...(limits && { limits }), ...(accept && { accept }) };
}

const isRecord = (value: Proved) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: Proved) => Array.isArray(value) && value.every((item) => typeof item === 'string');

function proved<T>({ name }: VirtineSite, { lines }: Parsed, subject: string, prove: () => T): T {
  try {
    return prove();
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    const { node, why, advice } = error;
    const option = subject === 'options' ? 'the grant of its options' : `its option \`${subject}\``;
    const message = `${option} is not proved to be constant: ${why}`;
    const place = lines.at((node as Node).start);
    const refusal = {
      rule: 'unproved-options',
      virtine: name,
      subject,
      message,
      advice: how(subject, advice),
    } as const;
    throw refusalError([{ ...refusal, chain: [], ...place }]);
  }
}

/** Only a policy can be left out: the compiler generates one. */
function how(subject: string, advice: string): string {
  const without = 'or leave it out: the least policy is generated, and `configure({ policy })` can narrow it';
  return subject === 'policy' ? `${advice}; ${without}` : advice;
}
