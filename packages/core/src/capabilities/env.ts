/** Environment variables of the host, by name. */
import { show } from '../options/option-reader.js';
import type { BuiltIn, Section } from './section.js';

export interface EnvGrant {
  /** Names of environment variables that the guest may read. */
  readonly env?: readonly string[];
}

export interface EnvUse {
  readonly kind: 'env';
  readonly name: string;
}

type Names = ReadonlySet<string>;

const ADVICE = 'list the variable in env';

/** Returns the value of one variable. */
const variable: BuiltIn<Names, unknown> = {
  grant: 'env',
  advice: ADVICE,
  problem: (granted, [name]) => problem(granted, name),
  serve(_call, _ready, [name]) {
    if (typeof name !== 'string') throw new TypeError('env: a name is needed');
    return process.env[name];
  },
};

/** Returns pairs of name and value: the variables that every layer lists and that are set. */
const allVariables: BuiltIn<Names, readonly string[]> = {
  grant: 'env',
  advice: ADVICE,
  serve: (_call, names) =>
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
};

export const envSection: Section<'env', Names, readonly string[], EnvUse, readonly string[]> = {
  key: 'env',
  grants: ['env'],
  denied: new Set(),
  read: (written, reader, path) => new Set(reader.list(written, path, (name, at) => reader.string(name, at))),
  grantsAny: (granted) => granted.size > 0,
  prepare: commonNames,
  hypercalls: { 'colony:env': variable, 'colony:env.list': allVariables },
  globals: ['colony.env'],
  grantOf: () => 'env',
  refusal: (granted, { name }) => problem(granted, name),
  unused(granted, { known, unknown }) {
    if (unknown.has('env')) return [];
    const used = new Set(known.map(({ name }) => name));
    return [...granted].filter((name) => !used.has(name)).map((name) => `env '${name}'`);
  },
  least: (uses) => (uses.length > 0 ? [...new Set(uses.map(({ name }) => name))].sort() : undefined),
  increases(before, after) {
    if (after === undefined) return [{ grant: 'env', what: 'env, any' }];
    return [...after].filter((name) => !before.has(name)).map((name) => ({ grant: 'env', what: `env '${name}'` }));
  },
};

function problem(granted: Names, name: unknown): string | undefined {
  if (typeof name !== 'string') return `the name of the variable is not a string: ${show(name)}`;
  return granted.has(name) ? undefined : `env does not list ${show(name)}`;
}

function commonNames(layers: readonly (Names | undefined)[]): readonly string[] {
  const lists = layers.filter((layer) => layer !== undefined);
  return [...(lists[0] ?? [])].filter((name) => lists.every((list) => list.has(name)));
}
