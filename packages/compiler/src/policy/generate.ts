/** The least policy that allows what a program needs. */
import type { FetchGrant, HypercallGrant, PolicyLayer } from '@colony/core';
import { grantOf, type KnownArgument, type Need, type Wish } from './needs.js';

type Of<K extends Wish['kind']> = Extract<Wish, { kind: K }>;

/** Why the policy has a grant: all places that ask for it, the nearest first. */
export interface GrantReason {
  readonly grant: string;
  /** What is asked for there. */
  readonly what: string;
  readonly chain: Need['chain'];
}

const ALL_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)].sort();

export function generatePolicy(needs: readonly Need[]): PolicyLayer {
  const wishes = needs.map(({ wish }) => wish);
  const has = (kind: Wish['kind']) => wishes.some((wish) => wish.kind === kind);
  const of = <K extends Wish['kind']>(kind: K) => wishes.filter((wish): wish is Of<K> => wish.kind === kind);
  const hypercalls = hypercallGrants(of('hypercall'));
  const fetch = fetchGrants(of('fetch'));
  const env = unique(of('env').map(({ name }) => name));
  const read = unique(of('fs.read').map(({ path }) => path));
  const write = unique(of('fs.write').map(({ path }) => path));
  const fs = { ...(read.length > 0 ? { read } : {}), ...(write.length > 0 ? { write } : {}) };
  return {
    ...(Object.keys(hypercalls).length > 0 ? { hypercalls } : {}),
    ...(has('console') ? { console: true } : {}),
    ...(has('clock') ? { clock: true } : {}),
    ...(has('random') ? { random: true } : {}),
    ...(env.length > 0 ? { env } : {}),
    ...(Object.keys(fs).length > 0 ? { fs } : {}),
    ...(fetch.length > 0 ? { fetch } : {}),
  };
}

/** One reason for each place, in the order in which they were found. */
export function reasonsOf(needs: readonly Need[]): GrantReason[] {
  return needs
    .map(({ wish, what, chain }) => ({ grant: grantOf(wish), what, chain }))
    .sort((a, b) => (a.grant < b.grant ? -1 : a.grant > b.grant ? 1 : a.chain.length - b.chain.length));
}

/** Those that initialisation may ask for, with the chains from there. */
export function initialReasonsOf(needs: readonly Need[]): GrantReason[] {
  return reasonsOf(needs.flatMap((need) => (need.initially ? [{ ...need, chain: need.initially }] : [])));
}

function hypercallGrants(wishes: readonly Of<'hypercall'>[]): Record<string, true | HypercallGrant> {
  const grants: Record<string, true | HypercallGrant> = {};
  for (const name of unique(wishes.map((wish) => wish.name))) {
    const lists = wishes.filter((wish) => wish.name === name).map(({ args }) => args);
    grants[name] = lists.includes(undefined) ? true : { args: predicates(lists as (readonly KnownArgument[])[]) };
  }
  return grants;
}

/** For each position: anything, or the values that are passed there. */
function predicates(lists: readonly (readonly KnownArgument[])[]) {
  const count = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: count }, (_, position) => {
    const given = lists.map((list) => list[position] ?? 'any');
    if (given.includes('any')) return true as const;
    const values = unique(given.flatMap((each) => (each === 'any' ? [] : each.values)));
    return values.length === 1 ? { equals: values[0] as string | number | boolean | null } : { oneOf: values };
  });
}

function fetchGrants(wishes: readonly Of<'fetch'>[]): FetchGrant[] {
  return unique(wishes.map(({ origin }) => origin)).map((origin) => {
    const methods = wishes.filter((wish) => wish.origin === origin).map((wish) => wish.methods ?? ALL_METHODS);
    return { origin, methods: unique(methods.flat()) };
  });
}
