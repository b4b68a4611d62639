/**
 * The one place where policy is decided. `decide` is pure: it reads state and request and gives an answer;
 * `commit` counts an allowed request. Both run in one tick, so budgets are exact however many calls go on.
 */
import { resolve, sep } from 'node:path';
import type { CompiledGrant, CompiledLayer, CompiledPolicy } from './compile.js';

export interface PolicyRequest {
  /** Hypercall name; built-in ones start with `colony:`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** Bytes of the request frame. */
  readonly bytes: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
}

export type Decision = { readonly allow: true } | { readonly allow: false; readonly reason: string };

interface Used {
  calls: number;
  bytes: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Counters by grant: of one call, or of a context's life. */
export class Usage {
  readonly used = new Map<CompiledGrant, Used>();
  readonly buckets = new Map<CompiledGrant, Bucket>();
}

export interface PolicyState {
  readonly policy: CompiledPolicy;
  readonly call: Usage;
  readonly life: Usage;
}

const ALLOW: Decision = { allow: true };
const deny = (reason: string): Decision => ({ allow: false, reason });

export function decide(state: PolicyState, request: PolicyRequest): Decision {
  for (const layer of state.policy.layers) {
    const reason = request.name.startsWith('colony:')
      ? builtinReason(layer, request)
      : hypercallReason(layer, state, request);
    if (reason !== undefined) return deny(reason);
  }
  return ALLOW;
}

/** Counts an allowed request. */
export function commit(state: PolicyState, request: PolicyRequest): void {
  for (const layer of state.policy.layers) {
    const grant = layer.hypercalls?.get(request.name);
    if (grant === undefined) continue;
    for (const usage of [state.call, state.life]) {
      const used = usage.used.get(grant);
      if (used === undefined) usage.used.set(grant, { calls: 1, bytes: request.bytes });
      else {
        used.calls++;
        used.bytes += request.bytes;
      }
    }
    if (grant.rate !== undefined) {
      const tokens = tokensAt(grant, state.life, request.now) - 1;
      state.life.buckets.set(grant, { tokens, at: request.now });
    }
  }
}

/** Counts a reply's bytes; gives the reason where they are too many. */
export function commitReply(state: PolicyState, name: string, bytes: number): string | undefined {
  for (const layer of state.policy.layers) {
    const grant = layer.hypercalls?.get(name);
    if (grant === undefined) continue;
    for (const [usage, budget] of [
      [state.call, grant.perCall],
      [state.life, grant.lifetime],
    ] as const) {
      const used = usage.used.get(grant);
      if (used === undefined) continue;
      used.bytes += bytes;
      if (used.bytes > budget.maxBytes) return `its budget of ${budget.maxBytes} bytes is used up`;
    }
  }
  return undefined;
}

function tokensAt(grant: CompiledGrant, usage: Usage, now: number): number {
  const rate = grant.rate!;
  const bucket = usage.buckets.get(grant);
  if (bucket === undefined) return rate.count;
  return Math.min(rate.count, bucket.tokens + (Math.max(0, now - bucket.at) * rate.count) / rate.per);
}

function hypercallReason(layer: CompiledLayer, state: PolicyState, request: PolicyRequest): string | undefined {
  if (layer.hypercalls === undefined) return undefined;
  const grant = layer.hypercalls.get(request.name);
  if (grant === undefined) return `the policy does not grant it; add hypercalls.${request.name}`;
  return (
    budgetReason(grant.perCall, state.call.used.get(grant), request, 'this call') ??
    budgetReason(grant.lifetime, state.life.used.get(grant), request, 'this context') ??
    (grant.rate !== undefined && tokensAt(grant, state.life, request.now) < 1
      ? `more than ${grant.rate.count} calls in ${grant.rate.per} ms`
      : undefined) ??
    argumentsReason(grant, request.args)
  );
}

function budgetReason(
  budget: { readonly maxCalls: number; readonly maxBytes: number },
  used: Used | undefined,
  request: PolicyRequest,
  whose: string,
): string | undefined {
  if ((used?.calls ?? 0) >= budget.maxCalls) return `its budget of ${budget.maxCalls} calls for ${whose} is used up`;
  if ((used?.bytes ?? 0) + request.bytes > budget.maxBytes)
    return `its budget of ${budget.maxBytes} bytes for ${whose} is used up`;
  return undefined;
}

function argumentsReason(grant: CompiledGrant, args: readonly unknown[]): string | undefined {
  if (grant.args === undefined) return undefined;
  if (args.length > grant.args.length) return `it takes at most ${grant.args.length} arguments here`;
  for (let i = 0; i < grant.args.length; i++) {
    const wrong = grant.args[i]!(args[i]);
    if (wrong !== undefined) return `argument ${i} ${wrong}`;
  }
  return undefined;
}

function builtinReason(layer: CompiledLayer, request: PolicyRequest): string | undefined {
  const [subject] = request.args;
  switch (request.name) {
    case 'colony:console':
      return layer.console === false ? 'the policy does not grant it; add console: true' : undefined;
    case 'colony:clock':
      return layer.clock === false
        ? 'the policy does not grant it; add clock: true, or a fixed one: { fixed: 0 }'
        : undefined;
    case 'colony:random':
      return layer.random === false
        ? 'the policy does not grant it; add random: true, or seeded: { seed: 1 }'
        : undefined;
    case 'colony:env':
      return layer.env === undefined || layer.env.has(String(subject))
        ? undefined
        : `env does not list ${JSON.stringify(subject)}`;
    case 'colony:env.list':
      return layer.env === undefined || layer.env.size > 0 ? undefined : 'env lists no variables';
    case 'colony:fs.read':
    case 'colony:fs.list':
    case 'colony:fs.stat':
      return pathReason(layer.fs?.read, subject, 'read');
    case 'colony:fs.write':
      return pathReason(layer.fs?.write, subject, 'write');
    case 'colony:fetch':
      return fetchReason(layer, subject);
    default:
      return 'there is no such built-in capability';
  }
}

/** The lexical half; links are the business of the one who opens the file (builtins/fs.ts). */
function pathReason(directories: readonly string[] | undefined, path: unknown, key: string): string | undefined {
  if (directories === undefined) return undefined;
  if (typeof path !== 'string' || path.includes('\0')) return 'the path is no string';
  if (directoryOf(directories, resolve('/', path)) !== undefined) return undefined;
  return `${JSON.stringify(path)} is not below a directory that fs.${key} lists`;
}

/** The granted directory that a resolved path is in. */
export function directoryOf(directories: readonly string[], path: string): string | undefined {
  return directories.find(
    (directory) => path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep),
  );
}

function fetchReason(layer: CompiledLayer, request: unknown): string | undefined {
  if (layer.fetch === undefined) return undefined;
  const { url, method } = (typeof request === 'object' && request !== null ? request : {}) as {
    url?: unknown;
    method?: unknown;
  };
  if (typeof url !== 'string' || typeof method !== 'string' || !URL.canParse(url))
    return 'the request has no valid url and method';
  const { origin } = new URL(url);
  const grants = layer.fetch.filter((grant) => grant.origin === origin);
  if (grants.length === 0) return `fetch does not list the origin ${origin}`;
  return grants.some((grant) => grant.methods.includes(method.toUpperCase()))
    ? undefined
    : `fetch does not list ${method.toUpperCase()} for ${origin}`;
}
