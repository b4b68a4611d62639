/**
 * The one place that decides policy. `decide` is pure: it reads state and request and returns a decision. `commit`
 * counts an allowed request. Both run in one tick, so budgets are exact with any number of concurrent calls.
 */
import { argumentsProblem, type CompiledGrant } from '../capabilities/host-functions.js';
import { builtIns } from '../capabilities/index.js';
import { joinPath } from '../options/option-reader.js';
import type { CompiledLayer, CompiledPolicy } from './compile.js';

export interface PolicyRequest {
  /** Name of the hypercall. Built-in ones start with `colony:`. */
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

/** Counters by grant, for one call or for a context's life. */
export class Usage {
  readonly used = new Map<CompiledGrant, Used>();
  readonly buckets = new Map<CompiledGrant, Bucket>();
}

export interface PolicyState {
  readonly policy: CompiledPolicy;
  readonly call: Usage;
  readonly lifetimeUsage: Usage;
}

const ALLOW: Decision = { allow: true };

export function decide(state: PolicyState, request: PolicyRequest): Decision {
  const granted = decideGrant(state, request);
  return granted.allow ? decideArguments(state, request) : granted;
}

/** Decides on the arguments of a request that `decideGrant` allows. */
export function decideArguments(state: PolicyState, request: Pick<PolicyRequest, 'name' | 'args'>): Decision {
  return decision(state, (layer) => argumentsReason(layer, request));
}

/**
 * Decides everything that needs no arguments: grants, budgets and rates of every layer. `decide` refuses the same
 * requests with any arguments, so these need not be decoded.
 */
export function decideGrant(state: PolicyState, request: Omit<PolicyRequest, 'args'>): Decision {
  return decision(state, (layer) =>
    isBuiltIn(request.name) ? builtInReason(layer, request.name) : hypercallReason(layer, state, request),
  );
}

const isBuiltIn = (name: string) => name.startsWith('colony:');

function decision(state: PolicyState, reasonOf: (layer: CompiledLayer) => string | undefined): Decision {
  for (const layer of state.policy.layers) {
    const reason = reasonOf(layer);
    if (reason !== undefined) return { allow: false, reason };
  }
  return ALLOW;
}

/** Counts an allowed request. */
export function commit(state: PolicyState, request: PolicyRequest): void {
  for (const layer of state.policy.layers) {
    const grant = layer.hypercalls?.get(request.name);
    if (grant === undefined) continue;
    for (const usage of [state.call, state.lifetimeUsage]) {
      const used = usage.used.get(grant);
      if (used === undefined) usage.used.set(grant, { calls: 1, bytes: request.bytes });
      else {
        used.calls++;
        used.bytes += request.bytes;
      }
    }
    if (grant.rate !== undefined) {
      const tokens = tokensAt(grant, state.lifetimeUsage, request.now) - 1;
      state.lifetimeUsage.buckets.set(grant, { tokens, at: request.now });
    }
  }
}

/** Counts a reply's bytes. Returns the reason if they exceed the budget. */
export function commitReply(state: PolicyState, name: string, bytes: number): string | undefined {
  for (const layer of state.policy.layers) {
    const grant = layer.hypercalls?.get(name);
    if (grant === undefined) continue;
    for (const [usage, budget] of [
      [state.call, grant.perCall],
      [state.lifetimeUsage, grant.lifetime],
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

const notGranted = (advice: string) => `the policy does not grant it; ${advice}`;

function builtInReason(layer: CompiledLayer, name: string): string | undefined {
  const builtIn = builtIns.get(name);
  if (builtIn === undefined) return 'there is no such built-in capability';
  const { section, hypercall } = builtIn;
  const granted = layer[section.key];
  const isGranted = granted === undefined || section.grantsAny(granted, hypercall.grant);
  return isGranted ? undefined : notGranted(hypercall.advice);
}

type Named = Omit<PolicyRequest, 'args'>;

function hypercallReason(layer: CompiledLayer, state: PolicyState, request: Named): string | undefined {
  if (layer.hypercalls === undefined) return undefined;
  const grant = layer.hypercalls.get(request.name);
  if (grant === undefined) return notGranted(`add ${joinPath('hypercalls', request.name)}`);
  return (
    budgetReason(grant.perCall, state.call.used.get(grant), request, 'this call') ??
    budgetReason(grant.lifetime, state.lifetimeUsage.used.get(grant), request, 'this context') ??
    (grant.rate !== undefined && tokensAt(grant, state.lifetimeUsage, request.now) < 1
      ? `more than ${grant.rate.count} calls in ${grant.rate.per} ms`
      : undefined)
  );
}

function budgetReason(
  budget: { readonly maxCalls: number; readonly maxBytes: number },
  used: Used | undefined,
  request: Named,
  whose: string,
): string | undefined {
  if ((used?.calls ?? 0) >= budget.maxCalls) return `its budget of ${budget.maxCalls} calls for ${whose} is used up`;
  if ((used?.bytes ?? 0) + request.bytes > budget.maxBytes)
    return `its budget of ${budget.maxBytes} bytes for ${whose} is used up`;
  return undefined;
}

function argumentsReason(
  layer: CompiledLayer,
  { name, args }: Pick<PolicyRequest, 'name' | 'args'>,
): string | undefined {
  if (isBuiltIn(name)) return builtInProblem(layer, name, args);
  const grant = layer.hypercalls?.get(name);
  return grant === undefined ? undefined : argumentsProblem(grant, args);
}

/** Returns why a layer that grants a built-in capability refuses the arguments, or `undefined`. */
function builtInProblem(layer: CompiledLayer, name: string, args: readonly unknown[]): string | undefined {
  const { section, hypercall } = builtIns.get(name)!;
  const granted = layer[section.key];
  return granted === undefined ? undefined : hypercall.problem?.(granted, args);
}
