/** What a policy grants beyond another one. What cannot be compared counts as wider. */
import { type ArgumentPredicate, type CompiledPolicy, compilePolicy, type Policy } from '@colony/core';
import { canonical } from './canonical.js';

type Layer = CompiledPolicy['layers'][number];
type Grant = NonNullable<Layer['hypercalls']> extends ReadonlyMap<string, infer G> ? G : never;

export interface Widening {
  /** As in the report: `clock`, `hypercalls.save`, `fetch`. */
  readonly grant: string;
  /** What exactly: `fetch POST https://a.example`. */
  readonly what: string;
}

/**
 * Empty only where `before` allows all that `after` allows.
 * @throws ColonyError ERR_BAD_POLICY
 */
export function widenings(before: Policy, after: Policy): Widening[] {
  const [old, now] = [compilePolicy(before), compilePolicy(after)];
  // All layers of a policy must allow: each old one must still be kept to by some new one.
  const found = old.layers.flatMap((layer) => {
    const tries = now.layers.map((each) => layerWidenings(layer, each));
    return tries.reduce((least, each) => (each.length < least.length ? each : least));
  });
  found.push(...valueWidenings(old, now));
  return [...new Map(found.map((each) => [each.what, each])).values()];
}

/** What a policy has once, for all its layers. */
function valueWidenings(old: CompiledPolicy, now: CompiledPolicy): Widening[] {
  const found: Widening[] = [];
  for (const [name, limit] of Object.entries(now.limits)) {
    const was = old.limits[name as keyof typeof old.limits];
    if (limit > was) found.push({ grant: `limits.${name}`, what: `limits.${name}: ${limit}, was ${was}` });
  }
  if (now.fileBytes > old.fileBytes && grantsFiles(now)) {
    found.push({ grant: 'fs', what: `fs.maxBytes: ${now.fileBytes}, was ${old.fileBytes}` });
  }
  // The first layer that fixes the time or the seed decides it, so another order can change it.
  const grants = (kind: 'clock' | 'random') => now.layers.every((layer) => layer[kind] !== false);
  if (old.fixedTime !== undefined && old.fixedTime !== now.fixedTime && grants('clock'))
    found.push({ grant: 'clock', what: 'clock' });
  if (old.seed !== undefined && old.seed !== now.seed && grants('random'))
    found.push({ grant: 'random', what: 'random' });
  return found;
}

const grantsFiles = ({ layers }: CompiledPolicy): boolean =>
  layers.every(({ fs }) => fs === undefined || fs.read.length + fs.write.length > 0);

function layerWidenings(old: Layer, now: Layer): Widening[] {
  const found: Widening[] = [];
  const add = (grant: string, what = grant) => found.push({ grant, what });
  for (const kind of ['console', 'clock', 'random'] as const) {
    const [was, is] = [old[kind], now[kind]];
    // Not there: the layer does not narrow it.
    const isWithin = was === undefined || was === true || is === false || canonical(was) === canonical(is);
    if (!isWithin) add(kind);
  }
  found.push(...listWidenings(old, now), ...hypercallWidenings(old, now));
  if (!isDemandKept(old.isolation, now.isolation)) add('isolation');
  if (!areSignersKept(old.signers, now.signers)) add('snapshots');
  return found;
}

/** Whether every isolation that satisfies the new demand satisfies the old one. */
function isDemandKept(old: Layer['isolation'], now: Layer['isolation']): boolean {
  if (old === undefined) return true;
  if (now === undefined) return false;
  const has = (list: readonly string[], all: readonly string[]) => all.every((each) => list.includes(each));
  return has(old.boundary, now.boundary) && has(now.mechanisms, old.mechanisms) && has(now.limits, old.limits);
}

/** Whether every file that the new demand lets through was let through by the old one. */
const areSignersKept = (old: Layer['signers'], now: Layer['signers']): boolean =>
  old === undefined || (now?.every((signer) => old.includes(signer)) ?? false);

const below = (path: string, directory: string) =>
  path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

function listWidenings(old: Layer, now: Layer): Widening[] {
  const found: Widening[] = [];
  const add = (grant: string, what: string) => found.push({ grant, what });
  if (old.env !== undefined) {
    if (now.env === undefined) add('env', 'env, any');
    for (const name of now.env ?? []) if (!old.env.has(name)) add('env', `env '${name}'`);
  }
  if (old.fs !== undefined) {
    if (now.fs === undefined) add('fs', 'fs, any');
    for (const key of ['read', 'write'] as const) {
      for (const path of now.fs?.[key] ?? []) {
        if (!old.fs[key].some((each) => below(path, each))) add(`fs.${key}`, `fs.${key} '${path}'`);
      }
    }
  }
  if (old.fetch !== undefined) {
    if (now.fetch === undefined) add('fetch', 'fetch, any');
    for (const { origin, methods, private: reachesPrivate } of now.fetch ?? []) {
      const had = old.fetch.filter((each) => each.origin === origin).flatMap((each) => each.methods);
      const more = methods.filter((method) => !had.includes(method));
      if (more.length > 0) add('fetch', `fetch ${more.join(', ')} ${origin}`);
      const hadPrivate = old.fetch
        .filter((each) => each.private && each.origin === origin)
        .flatMap((each) => each.methods);
      if (reachesPrivate && methods.some((method) => !hadPrivate.includes(method)))
        add('fetch', `fetch ${origin} at private addresses`);
    }
  }
  return found;
}

function hypercallWidenings(old: Layer, now: Layer): Widening[] {
  if (old.hypercalls === undefined) return [];
  if (now.hypercalls === undefined) return [{ grant: 'hypercalls', what: 'hypercalls, any' }];
  const found: Widening[] = [];
  for (const [name, grant] of now.hypercalls) {
    const was = old.hypercalls.get(name);
    const add = (what: string) => found.push({ grant: `hypercalls.${name}`, what: `hypercalls.${name}${what}` });
    if (was === undefined) {
      add('');
      continue;
    }
    if (!isBudgetWithin(was, grant)) add(', more often or with more bytes');
    if (!areArgumentsWithin(was, grant)) add(', with other arguments');
  }
  return found;
}

function isBudgetWithin(old: Grant, now: Grant): boolean {
  const pairs = [
    [old.perCall, now.perCall],
    [old.lifetime, now.lifetime],
  ] as const;
  if (pairs.some(([was, is]) => is.maxCalls > was.maxCalls || is.maxBytes > was.maxBytes)) return false;
  if (old.rate === undefined) return true;
  // A bucket holds `count` tokens: neither the burst nor the rate may grow.
  return (
    now.rate !== undefined &&
    now.rate.count <= old.rate.count &&
    now.rate.per * old.rate.count >= old.rate.per * now.rate.count
  );
}

function areArgumentsWithin({ args, predicates }: Grant, now: Grant): boolean {
  if (args === undefined) return true;
  const { predicates: is, args: checks } = now;
  if (is === undefined || checks === undefined || is.length > args.length) return false;
  return args.every((check, position) => {
    // No value can be passed there, and the old predicate may have demanded one.
    if (position >= is.length) return check(undefined) === undefined;
    return isPredicateWithin(predicates![position]!, check, is[position]!, checks[position]!);
  });
}

type Predicate = ArgumentPredicate | true;
type Check = NonNullable<Grant['args']>[number];

function isPredicateWithin(old: Predicate, check: Check, now: Predicate, allows: Check): boolean {
  if (old === true) return true;
  if (now === true) return false;
  const values = 'equals' in now ? [now.equals] : now.oneOf;
  // Of the listed values only those count that meet the other conditions.
  if (values !== undefined) return values.every((value) => allows(value) !== undefined || check(value) === undefined);
  // All conditions must hold: the old ones are all there, and perhaps more.
  return Object.entries(old).every(
    ([key, value]) => canonical(value) === canonical(now[key as keyof ArgumentPredicate]),
  );
}
