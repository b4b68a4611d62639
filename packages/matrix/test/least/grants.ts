/** Policies that lack one grant each: a section, a hypercall, a value of its arguments, a directory, a method. */
import type { PolicyLayer } from '@colony/core';

export interface Narrower {
  /** The missing grant. */
  readonly grant: string;
  readonly policy: PolicyLayer;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Each way to leave out one key or one item, at this level or below. `GET` goes with `HEAD`, and `equals` with its
 * argument.
 */
function* without(value: Json, path: string): Generator<readonly [string, Json | undefined]> {
  yield [path, undefined];
  if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries())
      for (const [gone, less] of without(item, `${path}[${typeof item === 'object' ? i : JSON.stringify(item)}]`))
        yield [gone, less === undefined ? value.filter((_, at) => at !== i) : value.with(i, less)];
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      for (const [gone, less] of without(inner, path === '' ? key : `${path}.${key}`)) {
        const { [key]: _, ...rest } = value as Record<string, Json>;
        yield [gone, less === undefined ? rest : { ...rest, [key]: less }];
      }
  }
}

/** A policy without these allows more, or is invalid, so no grant is left out there. */
const NO_GRANT = /^$|\.args(\[\d+\](\.(equals|oneOf))?)?$|\.(origin|methods)$|^limits|^isolation/;

export function narrower(policy: PolicyLayer): Narrower[] {
  const all = [...without(policy as unknown as Json, '')];
  return all
    .filter(([grant]) => !NO_GRANT.test(grant))
    .map(([grant, less]) => ({ grant, policy: less as unknown as PolicyLayer }));
}
