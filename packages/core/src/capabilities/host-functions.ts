/** The host functions that a program may call: `host.lookup(key)`. `policy/decide.ts` counts their budgets. */
import { isDeepStrictEqual } from 'node:util';
import { joinPath, type OptionReader } from '../options/option-reader.js';
import { parseRate, parseSize, type Rate } from '../options/units.js';
import { type ArgumentPredicate, type Check, compilePredicate } from '../predicates/predicate.js';
import type { GrantIncrease, Section } from './section.js';

export interface Budget {
  readonly maxCalls?: number;
  /** Request and reply together: bytes or a size such as '1 MiB'. */
  readonly maxBytes?: number | string;
}

export interface HypercallGrant extends Budget {
  /** The same as `maxCalls: 1`. */
  readonly once?: boolean;
  /** Rate of calls over the whole context: '100/s', '5/min'. Tokens refill evenly. */
  readonly maxRate?: string;
  /** Budget for the context's whole life. `maxCalls` and `maxBytes` beside it are for one call. */
  readonly lifetime?: Budget;
  /** Predicates by position; `true` allows anything. More arguments than positions are refused. */
  readonly args?: readonly (ArgumentPredicate | true)[];
}

export interface HostFunctionGrants {
  readonly hypercalls?: Readonly<Record<string, true | HypercallGrant>>;
}

export interface CompiledBudget {
  readonly maxCalls: number;
  readonly maxBytes: number;
}

export interface CompiledGrant {
  readonly perCall: CompiledBudget;
  readonly lifetime: CompiledBudget;
  readonly rate: Rate | undefined;
  readonly args: readonly Check[] | undefined;
  /** The source of `args`, used to compare policies. */
  readonly predicates: readonly (ArgumentPredicate | true)[] | undefined;
}

type Json = string | number | boolean | null;

/** The argument of a hypercall: all its possible values, if they are known at build time. */
export type KnownArgument = { readonly values: readonly Json[] } | 'any';

export interface HostFunctionUse {
  readonly kind: 'hypercall';
  readonly name: string;
  /** Absent if the function is passed as a value, or called with a spread. */
  readonly args?: readonly KnownArgument[];
}

type Grants = ReadonlyMap<string, CompiledGrant>;

export const hostFunctionSection: Section<
  'hypercalls',
  Grants,
  Record<string, true | HypercallGrant>,
  HostFunctionUse,
  undefined
> = {
  key: 'hypercalls',
  grants: ['hypercall'],
  denied: new Map(),
  read: readGrants,
  grantsAny: (granted) => granted.size > 0,
  prepare: () => undefined,
  hypercalls: {},
  globals: [],
  grantOf: ({ name }) => `hypercalls.${name}`,
  refusal,
  unused(granted, { known, unknown }) {
    if (unknown.has('hypercall')) return [];
    const used = new Set(known.map(({ name }) => name));
    return [...granted.keys()].filter((name) => !used.has(name)).map((name) => `hypercalls.${name}`);
  },
  least,
  increases(before, after) {
    if (after === undefined) return [{ grant: 'hypercalls', what: 'hypercalls, any' }];
    return [...after].flatMap(([name, grant]) => increasesOf(name, before.get(name), grant));
  },
};

const NAME = /^(?!colony:)[^\s]{1,200}$/;

/** Returns whether a host function may have this name. Names of Colony's own start with `colony:`. */
export const isHostFunctionName = (name: string): boolean => NAME.test(name);

function readGrants(written: unknown, reader: OptionReader, path: string): Grants {
  const grants = new Map<string, CompiledGrant>();
  for (const [name, grant] of Object.entries(reader.object(written, path))) {
    const at = joinPath(path, name);
    if (!isHostFunctionName(name))
      reader.fail(at, 'a hypercall name without spaces and not starting with `colony:`', name);
    if (grant === false) continue;
    grants.set(name, grant === true ? OPEN : readGrant(grant, reader, at));
  }
  return grants;
}

const NO_BUDGET: CompiledBudget = { maxCalls: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const OPEN: CompiledGrant = {
  perCall: NO_BUDGET,
  lifetime: NO_BUDGET,
  rate: undefined,
  args: undefined,
  predicates: undefined,
};
const GRANT_KEYS = ['maxCalls', 'maxBytes', 'once', 'maxRate', 'lifetime', 'args'];

function readGrant(written: unknown, reader: OptionReader, path: string): CompiledGrant {
  if (typeof written !== 'object') reader.fail(path, 'true or an object', written);
  const grant = reader.object(written, path, GRANT_KEYS);
  const rate = grant.maxRate === undefined ? undefined : parseRate(grant.maxRate);
  if (grant.maxRate !== undefined && rate === undefined)
    reader.fail(joinPath(path, 'maxRate'), "a rate such as '100/s'", grant.maxRate);
  const perCall = readBudget(grant, reader, path);
  const once = grant.once !== undefined && reader.boolean(grant.once, joinPath(path, 'once'));
  return {
    perCall: once ? { ...perCall, maxCalls: Math.min(1, perCall.maxCalls) } : perCall,
    lifetime: readLifetime(grant.lifetime, reader, joinPath(path, 'lifetime')),
    rate,
    args:
      grant.args === undefined
        ? undefined
        : reader.list(grant.args, joinPath(path, 'args'), (item, at) => compilePredicate(item, reader, at)),
    predicates: grant.args as CompiledGrant['predicates'],
  };
}

function readLifetime(written: unknown, reader: OptionReader, path: string): CompiledBudget {
  if (written === undefined) return NO_BUDGET;
  return readBudget(reader.object(written, path, ['maxCalls', 'maxBytes']), reader, path);
}

function readBudget(written: Record<string, unknown>, reader: OptionReader, path: string): CompiledBudget {
  const maxBytes = written.maxBytes === undefined ? Number.POSITIVE_INFINITY : parseSize(written.maxBytes);
  if (maxBytes === undefined) reader.fail(joinPath(path, 'maxBytes'), "a size such as '1 MiB'", written.maxBytes);
  const maxCalls =
    written.maxCalls === undefined
      ? Number.POSITIVE_INFINITY
      : reader.integer(written.maxCalls, joinPath(path, 'maxCalls'), 0);
  return { maxCalls, maxBytes };
}

/** Returns why a grant refuses these arguments, or `undefined`. */
export function argumentsProblem({ args: checks }: CompiledGrant, args: readonly unknown[]): string | undefined {
  if (checks === undefined) return undefined;
  return tooMany(checks, args) ?? firstOf(checks, (check, position) => wrongValue(check, position, args[position]));
}

const tooMany = (checks: readonly Check[], { length }: readonly unknown[]): string | undefined =>
  length > checks.length ? `it takes at most ${checks.length} arguments here` : undefined;

function wrongValue(check: Check, position: number, value: unknown): string | undefined {
  const wrong = check(value);
  return wrong === undefined ? undefined : `argument ${position} ${wrong}`;
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const reason = find(item, index);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function refusal(granted: Grants, { name, args }: HostFunctionUse): string | undefined {
  const grant = granted.get(name);
  if (grant === undefined) return `the policy has no hypercalls.${name}`;
  if (grant.perCall.maxCalls === 0) return `hypercalls.${name} has no calls`;
  if (grant.args === undefined || args === undefined) return undefined;
  const problem = tooMany(grant.args, args) ?? wrongArgument(grant.args, args);
  return problem === undefined ? undefined : `hypercalls.${name}: ${problem}`;
}

/** An argument with several known values may have any of them. An omitted argument is undefined. */
function wrongArgument(checks: readonly Check[], args: readonly KnownArgument[]): string | undefined {
  return firstOf(checks, (check, position) => {
    const argument = args[position] ?? LEFT_OUT;
    return argument === 'any' ? undefined : firstOf(argument.values, (value) => wrongValue(check, position, value));
  });
}

const LEFT_OUT = { values: [undefined] };

function least(uses: readonly HostFunctionUse[]): Record<string, true | HypercallGrant> | undefined {
  const grants: Record<string, true | HypercallGrant> = {};
  for (const name of sorted(uses.map((use) => use.name))) {
    const lists = uses.filter((use) => use.name === name).map(({ args }) => args);
    grants[name] = lists.includes(undefined) ? true : { args: predicates(lists as (readonly KnownArgument[])[]) };
  }
  return uses.length > 0 ? grants : undefined;
}

const sorted = <T>(items: readonly T[]): T[] => [...new Set(items)].sort();

/** Returns for each position: anything, or the values that the uses pass there. */
function predicates(lists: readonly (readonly KnownArgument[])[]): (ArgumentPredicate | true)[] {
  const count = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: count }, (_, position) => {
    const passed = lists.map((list) => list[position] ?? 'any');
    if (passed.includes('any')) return true as const;
    const values = sorted(passed.flatMap((argument) => (argument === 'any' ? [] : argument.values)));
    return values.length === 1 ? { equals: values[0] as Json } : { oneOf: values };
  });
}

function increasesOf(name: string, before: CompiledGrant | undefined, after: CompiledGrant): GrantIncrease[] {
  const grant = `hypercalls.${name}`;
  if (before === undefined) return [{ grant, what: grant }];
  const more = [
    ...(isBudgetWithin(before, after) ? [] : [', more often or with more bytes']),
    ...(areArgumentsWithin(before, after) ? [] : [', with other arguments']),
  ];
  return more.map((what) => ({ grant, what: `${grant}${what}` }));
}

function isBudgetWithin(before: CompiledGrant, after: CompiledGrant): boolean {
  const pairs = [
    [before.perCall, after.perCall],
    [before.lifetime, after.lifetime],
  ] as const;
  if (pairs.some(([was, is]) => is.maxCalls > was.maxCalls || is.maxBytes > was.maxBytes)) return false;
  if (before.rate === undefined) return true;
  // A bucket holds `count` tokens, so neither the burst nor the rate may grow.
  return (
    after.rate !== undefined &&
    after.rate.count <= before.rate.count &&
    after.rate.per * before.rate.count >= before.rate.per * after.rate.count
  );
}

function areArgumentsWithin({ args, predicates: old }: CompiledGrant, after: CompiledGrant): boolean {
  if (args === undefined) return true;
  const { predicates: now, args: checks } = after;
  if (now === undefined || checks === undefined || now.length > args.length) return false;
  return args.every((check, position) => {
    // No value can be passed at this position, and the old predicate may require one.
    if (position >= now.length) return check(undefined) === undefined;
    return isPredicateWithin(old![position]!, check, now[position]!, checks[position]!);
  });
}

type Predicate = ArgumentPredicate | true;

function isPredicateWithin(old: Predicate, check: Check, now: Predicate, allows: Check): boolean {
  if (old === true) return true;
  if (now === true) return false;
  const values = 'equals' in now ? [now.equals] : now.oneOf;
  // Listed values count only if they meet the other conditions.
  if (values !== undefined) return values.every((value) => allows(value) !== undefined || check(value) === undefined);
  // All conditions must hold. The new predicate has all the old conditions, and perhaps more.
  return Object.entries(old).every(([key, value]) => isDeepStrictEqual(value, now[key as keyof ArgumentPredicate]));
}
