/** A policy that a person wrote against what the program needs. */
import { type CompiledPolicy, compilePolicy, type Policy } from '@colony/core';
import { grantOf, type Need, type Wish } from './needs.js';

export interface PolicyCheck {
  /** Needs that the policy refuses, with its reason. */
  readonly tooNarrow: readonly { readonly need: Need; readonly reason: string }[];
  /** Grants that nothing in the program uses: `console`, `hypercalls.save`, `fetch https://a.example`. */
  readonly unused: readonly string[];
}

type Layer = CompiledPolicy['layers'][number];

/** @throws ColonyError ERR_BAD_POLICY */
export function checkPolicy(policy: Policy, needs: readonly Need[]): PolicyCheck {
  const { layers } = compilePolicy(policy);
  const tooNarrow = needs.flatMap((need) => {
    const reason = layers.map((layer) => refusal(layer, need.wish)).find((each) => each !== undefined);
    return reason === undefined ? [] : [{ need, reason }];
  });
  const unused = layers.flatMap((layer) =>
    unusedOf(
      layer,
      needs.map(({ wish }) => wish),
    ),
  );
  return { tooNarrow, unused: [...new Set(unused)].sort() };
}

const below = (path: string, directory: string) =>
  path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

/** Why a layer does not allow it; an unknown wish is allowed where its section allows anything. */
function refusal(layer: Layer, wish: Wish): string | undefined {
  const missing = `the policy has no ${grantOf(wish)}`;
  switch (wish.kind) {
    case 'console':
    case 'clock':
    case 'random':
      return layer[wish.kind] === false ? missing : undefined;
    case 'hypercall':
      return hypercallRefusal(layer, wish, missing);
    case 'env':
      return layer.env === undefined || layer.env.has(wish.name) ? undefined : `env does not list '${wish.name}'`;
    case 'fs.read':
    case 'fs.write': {
      const key = wish.kind === 'fs.read' ? 'read' : 'write';
      const fits = layer.fs === undefined || layer.fs[key].some((directory) => below(wish.path, directory));
      return fits ? undefined : `${wish.kind} lists no directory above '${wish.path}'`;
    }
    case 'fetch':
      return fetchRefusal(layer, wish);
    case 'unknown':
      return isEmpty(layer, wish.of) ? `${missing}, and what is asked for is not known at build time` : undefined;
  }
}

function hypercallRefusal(
  layer: Layer,
  wish: Extract<Wish, { kind: 'hypercall' }>,
  missing: string,
): string | undefined {
  if (layer.hypercalls === undefined) return undefined;
  const grant = layer.hypercalls.get(wish.name);
  if (grant === undefined) return missing;
  if (grant.perCall.maxCalls === 0) return `hypercalls.${wish.name} has no calls`;
  if (grant.args === undefined || wish.args === undefined) return undefined;
  if (wish.args.length > grant.args.length)
    return `hypercalls.${wish.name} takes at most ${grant.args.length} arguments`;
  for (const [position, argument] of wish.args.entries()) {
    const values = argument === 'any' ? [] : argument.values;
    const wrong = values.map((value) => grant.args![position]!(value)).find((each) => each !== undefined);
    if (wrong !== undefined) return `hypercalls.${wish.name}: argument ${position} ${wrong}`;
  }
  return undefined;
}

function fetchRefusal(layer: Layer, wish: Extract<Wish, { kind: 'fetch' }>): string | undefined {
  if (layer.fetch === undefined) return undefined;
  const methods = layer.fetch.filter(({ origin }) => origin === wish.origin).flatMap((grant) => grant.methods);
  if (methods.length === 0) return `fetch does not list ${wish.origin}`;
  const lacks = wish.methods?.find((method) => !methods.includes(method));
  return lacks === undefined ? undefined : `fetch does not list ${lacks} for ${wish.origin}`;
}

function isEmpty(layer: Layer, section: Extract<Wish, { kind: 'unknown' }>['of']): boolean {
  switch (section) {
    case 'hypercall':
      return layer.hypercalls?.size === 0;
    case 'fetch':
      return layer.fetch?.length === 0;
    case 'env':
      return layer.env?.size === 0;
    default:
      return layer.fs?.[section === 'fs.read' ? 'read' : 'write'].length === 0;
  }
}

function unusedOf(layer: Layer, wishes: readonly Wish[]): string[] {
  const uses = (fits: (wish: Wish) => boolean) => wishes.some(fits);
  const unknown = (of: string) => uses((wish) => wish.kind === 'unknown' && wish.of === of);
  const unused: string[] = [];
  for (const kind of ['console', 'clock', 'random'] as const) {
    if (layer[kind] !== undefined && layer[kind] !== false && !uses((wish) => wish.kind === kind)) unused.push(kind);
  }
  for (const name of unknown('hypercall') ? [] : (layer.hypercalls?.keys() ?? [])) {
    if (!uses((wish) => wish.kind === 'hypercall' && wish.name === name)) unused.push(`hypercalls.${name}`);
  }
  for (const name of unknown('env') ? [] : (layer.env ?? [])) {
    if (!uses((wish) => wish.kind === 'env' && wish.name === name)) unused.push(`env '${name}'`);
  }
  for (const key of ['read', 'write'] as const) {
    for (const directory of unknown(`fs.${key}`) ? [] : (layer.fs?.[key] ?? [])) {
      const asked = (wish: Wish) => (wish.kind === 'fs.read' || wish.kind === 'fs.write') && wish.kind === `fs.${key}`;
      if (!uses((wish) => asked(wish) && 'path' in wish && below(wish.path, directory)))
        unused.push(`fs.${key} '${directory}'`);
    }
  }
  for (const grant of unknown('fetch') ? [] : (layer.fetch ?? [])) {
    const asked = wishes.filter((wish) => wish.kind === 'fetch').filter(({ origin }) => origin === grant.origin);
    if (asked.length === 0) unused.push(`fetch ${grant.origin}`);
    else if (asked.every(({ methods }) => methods !== undefined)) {
      const methods = asked.flatMap((wish) => wish.methods ?? []);
      // GET and HEAD come without being written.
      const extra = grant.methods.filter((method) => method !== 'HEAD' && !methods.includes(method));
      unused.push(...extra.map((method) => `fetch ${method} ${grant.origin}`));
    }
  }
  return unused;
}
