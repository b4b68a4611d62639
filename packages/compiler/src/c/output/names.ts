/** Maps names of C to names of JavaScript and TypeScript. */
import { ColonyError } from '@colony/core';
import { showPlace } from '../../source/place.js';
import type { VirtineFunction } from '../source/signature.js';
import { type CType, impliedFields } from '../source/types.js';

/** Words that JavaScript reserves and C does not, and globals that the module uses. */
const WORDS = new Set(
  (
    'Buffer Object URL arguments await catch class debugger delete eval export extends false finally function implements import in instanceof ' +
    'interface let new null package private protected public super this throw true try typeof var with yield'
  ).split(' '),
);
/** Further exports of the module. */
const OWN = new Set(['configure', 'dispose']);
/** Types that the declarations use. */
const USED =
  /^(string|number|bigint|boolean|undefined|any|unknown|never|object|symbol|CVirtine|CBindingOptions|Promise|(Big)?(Int|Uint|Float)\d+Array)$/;

export const safeName = (name: string) => (WORDS.has(name) ? `${name}_` : name);

/**
 * Returns `export const f = ...`. For a name that JavaScript reserves, declares another name and exports it as `name`.
 */
export function exported(name: string, declare: (local: string) => string): string {
  const local = safeName(name);
  return local === name ? `export ${declare(name)}` : `${declare(local)}\nexport { ${local} as ${name} };`;
}

/** @throws ColonyError ERR_COMPILE for a name that the module needs itself. */
export function checkNames(virtines: readonly VirtineFunction[]): void {
  for (const { name, file, line, column } of virtines) {
    if (!OWN.has(name)) continue;
    const place = showPlace({ file, line, column });
    const message = `${place}: ${name} is a name that every module of C virtines exports: give the function another name`;
    throw new ColonyError('ERR_COMPILE', message);
  }
}

type Named = CType & { kind: 'struct' | 'enum' };

/** Structs and enums that have a name, in the order of their first use. */
export function namedTypes(virtines: readonly VirtineFunction[]): Named[] {
  const types: Named[] = [];
  const look = (type: CType): void => {
    if ((type.kind === 'enum' || type.kind === 'struct') && type.name !== 'unnamed') types.push(type);
    if (type.kind === 'struct') {
      const implied = impliedFields(type.fields);
      for (const field of type.fields) if (!implied.has(field.name)) look(field.type);
    }
    if (type.kind === 'union') for (const member of type.cases) look(member.type);
    else if (type.kind === 'array' || type.kind === 'buffer') look(type.of);
  };
  for (const { parameters, result } of virtines)
    for (const type of [result, ...parameters.map((parameter) => parameter.type)]) look(type);
  return types;
}

/** Gives structs and enums unique names. C has a namespace for them; in TypeScript they share one with functions. */
export class TypeNames {
  readonly #taken = new Map<string, string>();

  constructor(virtines: readonly VirtineFunction[]) {
    for (const name of [...OWN, ...virtines.map((virtine) => virtine.name)]) this.#taken.set(name, 'function');
    for (const type of namedTypes(virtines)) this.of(type);
  }

  /** @param ending set for the second type of the same struct */
  of(type: Named, ending = ''): string {
    const what = JSON.stringify([ending, type.kind, type.kind === 'struct' ? type.fields : type.members]);
    const base = `${safeName(type.name)}${ending}`;
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}_${type.kind}${count === 2 ? '' : count - 1}`;
      const owner = this.#taken.get(name);
      if (owner === what) return name;
      if (owner !== undefined || USED.test(name)) continue;
      this.#taken.set(name, what);
      return name;
    }
  }
}
