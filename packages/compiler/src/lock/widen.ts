/** What a policy grants beyond another one. What cannot be compared counts as wider. */
import {
  type ArgumentPredicate,
  type CompiledPolicy,
  compilePolicy,
  type HypercallGrant,
  type Policy,
  type PolicyLayer,
} from '@colony/core';
import { canonical } from './canonical.js';

type Layer = CompiledPolicy['layers'][number];
type Grant = NonNullable<Layer['hypercalls']> extends ReadonlyMap<string, infer G> ? G : never;

export interface Widening {
  /** As in the report: `clock`, `hypercalls.save`, `fetch`. */
  readonly grant: string;
  /** What exactly: `fetch POST https://a.example`. */
  readonly what: string;
}

/** @throws ColonyError ERR_BAD_POLICY */
export function widenings(before: Policy, after: Policy): Widening[] {
  const [old, now] = [compilePolicy(before), compilePolicy(after)];
  const [oldRaw, nowRaw] = [flatten(before), flatten(after)];
  // All layers of a policy must allow: each old one must still be kept to by some new one.
  const found = old.layers.flatMap((layer, at) => {
    const tries = now.layers.map((each, index) => layerWidenings([layer, oldRaw[at]!], [each, nowRaw[index]!]));
    return tries.reduce((least, each) => (each.length < least.length ? each : least));
  });
  for (const [name, limit] of Object.entries(now.limits)) {
    const was = old.limits[name as keyof typeof old.limits];
    if (limit > was) found.push({ grant: `limits.${name}`, what: `limits.${name}: ${limit}, was ${was}` });
  }
  if (now.fileBytes > old.fileBytes && grantsFiles(now)) {
    found.push({ grant: 'fs', what: `fs.maxBytes: ${now.fileBytes}, was ${old.fileBytes}` });
  }
  return [...new Map(found.map((each) => [each.what, each])).values()];
}

const grantsFiles = ({ layers }: CompiledPolicy): boolean =>
  layers.every(({ fs }) => fs === undefined || fs.read.length + fs.write.length > 0);

function flatten(policy: Policy): PolicyLayer[] {
  return 'all' in policy ? policy.all.flatMap(flatten) : [policy as PolicyLayer];
}

type Both = readonly [compiled: Layer, raw: PolicyLayer];

function layerWidenings([old, oldRaw]: Both, [now, nowRaw]: Both): Widening[] {
  const found: Widening[] = [];
  const add = (grant: string, what = grant) => found.push({ grant, what });
  for (const kind of ['console', 'clock', 'random'] as const) {
    const [was, is] = [old[kind], now[kind]];
    // Not there: the layer does not narrow it.
    const isWithin = was === undefined || was === true || is === false || canonical(was) === canonical(is);
    if (!isWithin) add(kind);
  }
  found.push(...listWidenings(old, now), ...hypercallWidenings([old, oldRaw], [now, nowRaw]));
  if (oldRaw.isolation !== undefined && canonical(oldRaw.isolation) !== canonical(nowRaw.isolation)) add('isolation');
  return found;
}

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
    for (const { origin, methods } of now.fetch ?? []) {
      const had = old.fetch.filter((each) => each.origin === origin).flatMap((each) => each.methods);
      const more = methods.filter((method) => !had.includes(method));
      if (more.length > 0) add('fetch', `fetch ${more.join(', ')} ${origin}`);
    }
  }
  return found;
}

function hypercallWidenings([old, oldRaw]: Both, [now, nowRaw]: Both): Widening[] {
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
    if (!areArgumentsWithin(argsOf(oldRaw, name), argsOf(nowRaw, name))) add(', with other arguments');
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

type Predicates = readonly (ArgumentPredicate | true)[] | undefined;

function argsOf(layer: PolicyLayer, name: string): Predicates {
  const grant = layer.hypercalls?.[name] as true | HypercallGrant;
  return grant === true ? undefined : grant.args;
}

function areArgumentsWithin(old: Predicates, now: Predicates): boolean {
  if (old === undefined) return true;
  if (now === undefined || now.length > old.length) return false;
  return now.every((predicate, position) => isPredicateWithin(old[position]!, predicate));
}

function isPredicateWithin(old: ArgumentPredicate | true, now: ArgumentPredicate | true): boolean {
  if (old === true) return true;
  if (now === true) return false;
  const values = 'equals' in now ? [now.equals] : now.oneOf;
  if (values !== undefined) {
    const { layers } = compilePolicy({ hypercalls: { x: { args: [old] } } });
    const check = layers[0]!.hypercalls!.get('x')!.args![0]!;
    return values.every((value) => check(value) === undefined);
  }
  // All conditions must hold: the old ones are all there, and perhaps more.
  return Object.entries(old).every(
    ([key, value]) => canonical(value) === canonical(now[key as keyof ArgumentPredicate]),
  );
}
