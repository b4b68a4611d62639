/**
 * Names of functions outside of a component. `get-all` of the interface `ns:package/kv@1.0.0` is `kv.getAll`.
 * Its long name `ns:package/kv.getAll` always works for exports. If two interfaces have the same short name, the long name
 * replaces the short one for imports and in lists. Functions of the world itself have no interface: `getAll`.
 */
import type { WorldFunction } from './types.js';

/** `get-all` is `getAll`, as in all of jco's glue. */
export function camel(kebab: string): string {
  const [first, ...others] = kebab.split('-').map((word) => word.toLowerCase());
  return [first, ...others.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))].join('');
}

/** `ns:package/kv@1.0.0` is `ns:package/kv`. */
export function withoutVersion(owner: string): string {
  const version = owner.indexOf('@');
  return version < 0 ? owner : owner.slice(0, version);
}

const shortOwner = (owner: string): string => {
  const id = withoutVersion(owner);
  return camel(id.slice(id.lastIndexOf('/') + 1));
};

export interface CallNames {
  /** The one by which it is shown, and granted if it is an import. */
  readonly name: string;
  /** Every one that means this function. */
  readonly all: readonly string[];
}

/** Methods and constructors of resources have brackets in their names; they are reached through a handle only. */
export const isPlain = ({ name }: WorldFunction): boolean => !name.includes('[');

/** The names of each function, in the same order. */
export function callNames(functions: readonly WorldFunction[]): CallNames[] {
  const owners = new Map<string, Set<string>>();
  for (const { owner } of functions) {
    if (owner === undefined) continue;
    const short = shortOwner(owner);
    owners.set(short, (owners.get(short) ?? new Set()).add(owner));
  }
  return functions.map(({ owner, name }) => {
    const own = camel(name);
    if (owner === undefined) return { name: own, all: [own] };
    const versions = owners.get(shortOwner(owner))!;
    if (versions.size === 1) {
      const short = `${shortOwner(owner)}.${own}`;
      return { name: short, all: [short, `${withoutVersion(owner)}.${own}`, `${owner}.${own}`] };
    }
    const sameId = [...versions].filter((other) => withoutVersion(other) === withoutVersion(owner));
    const long = sameId.length === 1 ? `${withoutVersion(owner)}.${own}` : `${owner}.${own}`;
    return { name: long, all: [long, `${owner}.${own}`] };
  });
}
