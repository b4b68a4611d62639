/**
 * Serves one hypercall, from its bytes to its reply: count, read the name, decide, decode, decide on arguments,
 * validate, run, reply. Never throws and never rejects.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { HypercallHandler } from '../backend.js';
import { builtIns } from '../capabilities/index.js';
import { ColonyError } from '../errors.js';
import { summarize } from '../policy/audit.js';
import { commit, type Decision, decideArguments, decideGrant, type PolicyRequest } from '../policy/decide.js';
import { type CodecLimits, concat, decode, FRAME_LIMITS } from '../wire/codec/index.js';
import { asArguments, type HypercallFrame, openHypercall, type UnreadHypercall } from '../wire/frames.js';
import { decodeInSlices } from '../wire/slices.js';
import { denial, failure, fatal, reply } from './reply.js';
import type { CallScope } from './scope.js';
import { replyOf, type Service } from './services.js';
import type { HypercallContext, HypercallDefinition } from './types.js';

type Reply = Uint8Array[] | Promise<Uint8Array[]>;

interface Nesting {
  /** Number of nested calls that wait for the current code. */
  readonly depth: number;
  /** Ids of the contexts whose kept state waits for the current code. */
  readonly keeping: ReadonlySet<string>;
}

const NOWHERE: Nesting = { depth: 0, keeping: new Set() };
const inside = new AsyncLocalStorage<Nesting>();

/** Returns the nesting of host functions around the caller. */
export function nesting(): Nesting {
  return inside.getStore() ?? NOWHERE;
}

export function createHandler(scope: CallScope): HypercallHandler {
  // Read here, where the call is made. A backend may call the handler from native code, which has no async context.
  const outer = nesting();
  return (request) => {
    try {
      return outer === NOWHERE ? dispatch(scope, request) : inside.run(outer, () => dispatch(scope, request));
    } catch (error) {
      return internal(scope, error);
    }
  };
}

function internal(scope: CallScope, cause: unknown): Uint8Array[] {
  return fatal(
    scope,
    new ColonyError('ERR_INTERNAL', 'serving a hypercall failed; this is a bug in Colony', { cause }),
  );
}

function dispatch(scope: CallScope, bytes: Uint8Array): Reply {
  const over = overLimit(scope, bytes.length);
  if (over !== undefined) return fatal(scope, over);
  const call = read(() => openHypercall(bytes, FRAME_LIMITS));
  if (ColonyError.is(call)) return fatal(scope, call);
  const { name } = call;
  const service = scope.owner.services?.get(name);
  if (service !== undefined) return serveOwn(scope, service, call);
  const request = { name, bytes: bytes.length, now: performance.now() };
  const granted = isKnown(scope, name) ? decideGrant(scope.policyState, request) : UNKNOWN;
  if (!granted.allow) return refuse(scope, granted, bytes, name);
  if (scope.mayWait && call.rest.length > scope.owner.sliceAbove) {
    return dispatchInSlices(scope, call, bytes).catch((error) => internal(scope, error));
  }
  const args = read(() => call.readArguments());
  if (ColonyError.is(args)) return fatal(scope, args);
  return decideAndRun(scope, { ...request, args });
}

/** Serves a hypercall of the program's kind. Its arguments are small: larger ones break the protocol. */
function serveOwn(scope: CallScope, service: Service, { rest }: UnreadHypercall): Uint8Array[] {
  const args = read(() => asArguments(decode(rest, OWN_REQUEST)));
  return ColonyError.is(args) ? fatal(scope, args) : replyOf(service, scope, args);
}

function refuse(scope: CallScope, decision: Refusal, bytes: Uint8Array, name: string): Uint8Array[] {
  scope.audit(name, decision, () => summarizeUnread(bytes));
  return denial(scope, name, decision.reason);
}

/** Serves a granted hypercall with large arguments. The guest waits meanwhile, and other calls proceed. */
async function dispatchInSlices(
  scope: CallScope,
  { name, rest }: UnreadHypercall,
  bytes: Uint8Array,
): Promise<Uint8Array[]> {
  let args: readonly unknown[];
  try {
    args = asArguments(await decodeInSlices(rest, FRAME_LIMITS, () => checkWanted(scope)));
  } catch (error) {
    return scope.isOver ? failure(scope, name, error) : fatal(scope, asUnreadable(error));
  }
  const request = { name, bytes: bytes.length, now: performance.now() };
  // Decides again, because other calls of the context may have used up a shared budget.
  const granted = decideGrant(scope.policyState, request);
  if (!granted.allow) return refuse(scope, granted, bytes, name);
  return await decideAndRun(scope, { ...request, args });
}

/**
 * Throws if the guest no longer waits.
 * @throws ColonyError ERR_ABORTED
 */
function checkWanted(scope: CallScope): void {
  if (scope.isOver)
    throw new ColonyError('ERR_ABORTED', 'the call ended while the arguments of a hypercall were decoded');
}

/** Runs `work`, and returns its error if the bytes cannot be read. */
function read<T extends UnreadHypercall | readonly unknown[]>(work: () => T): T | ColonyError {
  try {
    return work();
  } catch (error) {
    return asUnreadable(error);
  }
}

function asUnreadable(error: unknown): ColonyError {
  return ColonyError.is(error)
    ? error
    : new ColonyError('ERR_GUEST_PROTOCOL', 'a hypercall could not be read', { cause: error });
}

type Refusal = Extract<Decision, { allow: false }>;

const UNKNOWN: Refusal = { allow: false, reason: 'the host has no function of that name' };

function isKnown(scope: CallScope, name: string): boolean {
  return builtIns.has(name) || scope.owner.registry.has(name);
}

/** Decides on the arguments and runs the hypercall. The grant was decided before the arguments were read. */
function decideAndRun(scope: CallScope, request: PolicyRequest): Reply {
  const { name, args } = request;
  const decision = decideArguments(scope.policyState, request);
  scope.audit(name, decision, () => summarize(args));
  if (!decision.allow) return denial(scope, name, decision.reason);
  commit(scope.policyState, request);
  return settle(scope, name, () => serve(scope, { name, args }));
}

function serve(scope: CallScope, { name, args }: HypercallFrame): unknown {
  const builtIn = builtIns.get(name);
  if (builtIn === undefined) return runHandler(scope, { name, args });
  return builtIn.hypercall.serve(scope, scope.owner.capabilities.get(builtIn.section), args);
}

function overLimit(scope: CallScope, bytes: number): ColonyError | undefined {
  if (scope.fatal !== undefined) return scope.fatal;
  const { hypercalls, bytesOut } = scope.limits;
  scope.bytesOut += bytes;
  if (++scope.hypercalls > hypercalls) {
    return new ColonyError(
      'ERR_LIMIT_HYPERCALLS',
      `the call made more than ${hypercalls} hypercalls (limits.hypercalls)`,
      {
        details: { limit: hypercalls },
      },
    );
  }
  if (scope.bytesOut > bytesOut) {
    return new ColonyError('ERR_LIMIT_OUTPUT', `the call sent more than ${bytesOut} bytes (limits.bytesOut)`, {
      details: { limit: bytesOut },
    });
  }
  return undefined;
}

/**
 * Limits for reading the arguments of a refused hypercall. A larger request is audited by its size only, because
 * reading it would cost the host time.
 */
const SMALL_REQUEST: CodecLimits = { ...FRAME_LIMITS, maxBytes: 4096, allowance: 65536 };
/** The same for hypercalls of the program's kind: the longest path and some numbers. */
const OWN_REQUEST: CodecLimits = { ...SMALL_REQUEST, maxBytes: 8192 };

function summarizeUnread(bytes: Uint8Array): string[] {
  const args =
    bytes.length <= SMALL_REQUEST.maxBytes && read(() => openHypercall(bytes, SMALL_REQUEST).readArguments());
  return Array.isArray(args) ? summarize(args) : [`${bytes.length} bytes, not read`];
}

function settle(scope: CallScope, name: string, run: () => unknown): Reply {
  try {
    const result = run();
    if (!isThenable(result)) return reply(scope, name, result);
    return Promise.resolve(result).then(
      // A copy, because other host code may run and change the bytes before the backend takes them.
      (value) => [concat(reply(scope, name, value))],
      (error) => failure(scope, name, error),
    );
  } catch (error) {
    return failure(scope, name, error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

function runHandler(scope: CallScope, { name, args }: HypercallFrame): unknown {
  const { owner } = scope;
  const definition = owner.registry.get(name)!;
  const context: HypercallContext = {
    get signal() {
      return scope.signal;
    },
    contextId: owner.id,
    hypercall: name,
  };
  const { depth, keeping } = nesting();
  const around = { depth: depth + 1, keeping: scope.keep ? new Set(keeping).add(owner.id) : keeping };
  return inside.run(around, () => invoke(definition, context, args));
}

function invoke(definition: HypercallDefinition, context: HypercallContext, args: readonly unknown[]): unknown {
  if (definition.args === undefined) return definition.handler.apply(context, args as unknown[]);
  const outcome = definition.args['~standard'].validate(args);
  if (outcome instanceof Promise) return outcome.then((result) => invokeValidated(definition, context, result));
  return invokeValidated(definition, context, outcome);
}

function invokeValidated(
  definition: HypercallDefinition,
  context: HypercallContext,
  outcome: StandardSchemaV1.Result<readonly unknown[]>,
): unknown {
  if (outcome.issues !== undefined)
    throw new TypeError(`the arguments of \`${context.hypercall}\` are not valid: ${issuesText(outcome.issues)}`);
  return definition.handler.apply(context, [...outcome.value]);
}

function issuesText(issues: readonly StandardSchemaV1.Issue[]): string {
  const lines = issues.slice(0, 5).map(({ path, message }) => {
    const where = (path ?? []).map((part) => (typeof part === 'object' ? part.key : part)).join('.');
    return where === '' ? message : `args.${where}: ${message}`;
  });
  return lines.join('; ');
}
