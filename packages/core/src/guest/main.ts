/** The guest side: one frame in, one frame out. Bundled to dist/guest/runtime.js. */

import { CALL_END_SETTLED, CALL_END_THREW } from '../wire/abi.generated.js';
import {
  type BatchFrame,
  type CallFrame,
  FRAME_BATCH,
  FRAME_CALL,
  guestDecode,
  guestEncodeBatchResult,
  guestEncodeResult,
  type LoadFrame,
  type Outcome,
  type RequestFrame,
} from '../wire/frames.js';
import { embedder, guestGlobal } from './embedder.js';
import { colonyError, describe } from './errors.js';
import './utf8.js';
import { installGlobals, startOfCall } from './globals.js';

type GuestFunction = (...args: unknown[]) => unknown;
type State = { settled: boolean; failed: boolean; value: unknown };
type Then = PromiseLike<unknown>['then'];

const { drainJobs, evalModule, expose } = embedder;
const Resolving = Promise;
const promiseThen = Promise.prototype.then;
const { apply } = Reflect;
const { keys } = Object;
const bufferSlice = ArrayBuffer.prototype.slice;

/** The program's exported functions. */
let program: Record<string, GuestFunction> = { __proto__: null } as never;

/** Runs jobs until the promise is settled. Returns its value or throws its reason. `then` is the promise's method. */
function settle(promise: unknown, then: Then, what: string): unknown {
  const state: State = { settled: false, failed: false, value: undefined };
  const done = (value: unknown) => {
    state.settled = true;
    state.value = value;
  };
  const failed = (reason: unknown) => {
    state.failed = true;
    done(reason);
  };
  apply(then, promise, [done, failed]);
  drainJobs();
  if (!state.settled) throw new Stuck(`the promise of ${what} can never settle: no work is left that could settle it`);
  if (state.failed) throw state.value;
  return state.value;
}

class Stuck extends Error {}

/** Returns the method that makes a value a thenable. Reads it once, because `await` invokes a getter only once. */
function thenOf(value: unknown): Then | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const { then } = value as PromiseLike<unknown>;
  return typeof then === 'function' ? then : undefined;
}

/** Makes a promise of a thenable, as `await` does. The first settlement counts, and may be a thenable again. */
const resolving = (value: unknown, then: Then) =>
  new Resolving((resolve) =>
    // biome-ignore lint/suspicious/noThenProperty: makes a thenable on purpose
    resolve({ then: (done: () => void, failed: () => void) => apply(then, value, [done, failed]) }),
  );

function invoke(name: string, target: GuestFunction, args: readonly unknown[]): Outcome {
  try {
    const value = args.length === 0 ? target() : args.length === 1 ? target(args[0]) : apply(target, undefined, args);
    return settled(name, value);
  } catch (error) {
    return failed(error);
  }
}

/** Returns the outcome of a value. A promise is settled first. */
function settled(name: string, value: unknown): Outcome {
  const then = thenOf(value);
  if (then !== undefined) return [0, settle(then === promiseThen ? value : resolving(value, then), promiseThen, name)];
  drainJobs();
  return [0, value];
}

/** Finishes the work that the call began, as after a rejected promise, so that the next call does not run it. */
function failed(error: unknown): Outcome {
  drainJobs();
  return [1, error instanceof Stuck ? colonyError('ERR_GUEST_THROWN', error.message) : describe(error)];
}

/** Ends a call that the embedder made itself. `end` is a CALL_END. */
function finish(name: string, end: number, value: unknown): ArrayBuffer {
  let outcome: Outcome;
  try {
    if (end === CALL_END_THREW) outcome = failed(value);
    else outcome = end === CALL_END_SETTLED ? [0, value] : settled(name, value);
  } catch (error) {
    outcome = failed(error);
  }
  return frameOf(outcome, false);
}

function load(frame: LoadFrame): Outcome {
  try {
    const evaluated: PromiseLike<unknown> = evalModule(frame[1], frame[2], frame[3]);
    const then = (evaluated instanceof Resolving ? promiseThen : evaluated.then) as Then;
    const namespace = settle(evaluated, then, 'the program') as Record<string, unknown>;
    const functions: Record<string, GuestFunction> = { __proto__: null } as never;
    const exported = keys(namespace);
    // The program may have changed the iterator or `map` of arrays.
    for (let i = 0; i < exported.length; i++) {
      const name = exported[i]!;
      const value = namespace[name];
      if (typeof value === 'function') functions[name] = value as GuestFunction;
    }
    program = functions;
    // The seed of the evaluation must not serve a call.
    startOfCall();
    const names = keys(functions);
    expose?.(finish, names, functions);
    return [0, names];
  } catch (error) {
    return [1, describe(error)];
  }
}

function missing(name: string): Outcome {
  const names = Object.keys(program).join(', ') || 'nothing';
  const message = `the program exports no function \`${name}\`; it exports ${names}`;
  return [1, colonyError('ERR_NO_SUCH_EXPORT', message)];
}

function call(frame: CallFrame): Outcome {
  const target = program[frame[1]];
  return target === undefined ? missing(frame[1]) : invoke(frame[1], target, frame[2]);
}

function batch(frame: BatchFrame): Outcome {
  const target = program[frame[1]];
  if (target === undefined) return missing(frame[1]);
  const results: Outcome[] = [];
  const rows = frame[2];
  for (let i = 0; i < rows.length; i++) results[i] = invoke(frame[1], target, rows[i]!);
  return [0, results];
}

function handle(frame: RequestFrame): Outcome {
  startOfCall();
  switch (frame[0]) {
    case FRAME_CALL:
      return call(frame);
    case FRAME_BATCH:
      return batch(frame);
    default:
      return load(frame);
  }
}

function encodable(outcome: Outcome): Outcome {
  try {
    guestEncodeResult(outcome);
    return outcome;
  } catch (error) {
    if (outcome[0] === 0) return [1, describe(error)];
    const { value: _dropped, ...rest } = outcome[1];
    return [1, rest];
  }
}

/** Encodes an outcome. If its value cannot cross, an error takes its place. */
function encodeSingle(outcome: Outcome): ArrayBuffer {
  try {
    return guestEncodeResult(outcome);
  } catch {
    return guestEncodeResult(encodable(outcome));
  }
}

/** Encodes the outcomes of a batch. An error takes the place of each value that cannot cross. */
function encodeRows(rows: Outcome[]): ArrayBuffer {
  try {
    return guestEncodeBatchResult(rows);
  } catch {
    return guestEncodeBatchResult(rows.map(encodable));
  }
}

function dispatch(request: ArrayBuffer): ArrayBuffer {
  let outcome: Outcome;
  let isBatch = false;
  try {
    const frame = guestDecode(request) as RequestFrame;
    isBatch = frame[0] === FRAME_BATCH;
    outcome = handle(frame);
  } catch (error) {
    outcome = [1, describe(error)];
  }
  return frameOf(outcome, isBatch);
}

function frameOf(outcome: Outcome, isBatch: boolean): ArrayBuffer {
  try {
    return isBatch && outcome[0] === 0 ? encodeRows(outcome[1] as Outcome[]) : encodeSingle(outcome);
  } catch {
    return apply(bufferSlice, DAMAGED, [0]);
  }
}

/** The last-resort reply, made before any user code ran. */
const DAMAGED = guestEncodeResult([
  1,
  { name: 'Error', message: 'the program changed built-in prototypes so that its result cannot be encoded' },
]);

installGlobals();
guestGlobal.__dispatch = dispatch;
