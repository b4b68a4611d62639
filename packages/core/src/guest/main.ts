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

const { drainJobs, evalModule, expose, wait } = embedder;
const Resolving = Promise;
const promiseThen = Promise.prototype.then;
const { apply } = Reflect;
const { keys } = Object;
const bufferSlice = ArrayBuffer.prototype.slice;

/** The program's exported functions. */
let program: Record<string, GuestFunction> = { __proto__: null } as never;

/** A value that an event loop has yet to bring. */
class Waiting<T> {
  constructor(readonly promise: Promise<T>) {}
}
type Later<T> = T | Waiting<T>;

const promised = <T>(value: Later<T>): T | Promise<T> => (value instanceof Waiting ? value.promise : value);

/** Continues with a value, at once if it is there. */
function after<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  if (!(value instanceof Waiting)) return next(value);
  return new Waiting(apply(promiseThen, value.promise, [(late: T) => promised(next(late))]) as Promise<R>);
}

/** Runs work that may fail now or later. */
function attempt<T>(work: () => Later<T>, failed: (error: unknown) => T): Later<T> {
  try {
    const value = work();
    if (!(value instanceof Waiting)) return value;
    return new Waiting(apply(promiseThen, value.promise, [undefined, failed]) as Promise<T>);
  } catch (error) {
    return failed(error);
  }
}

/**
 * Runs jobs until the promise is fulfilled, and the event loop if there is one. Throws the promise's reason. `then` is the
 * promise's method.
 */
function settle(promise: unknown, then: Then, what: string): Later<State> {
  const state: State = { settled: false, failed: false, value: undefined };
  let end = () => {};
  const done = (value: unknown) => {
    state.settled = true;
    state.value = value;
    end();
  };
  const failed = (reason: unknown) => {
    state.failed = true;
    done(reason);
  };
  apply(then, promise, [done, failed]);
  drainJobs();
  const fulfilled = () => {
    if (!state.settled)
      throw new Stuck(`the promise of ${what} can never settle: no work is left that could settle it`);
    if (state.failed) throw state.value;
    return state;
  };
  if (state.settled || wait === undefined) return fulfilled();
  const waiting = wait((settled) => {
    end = settled;
  });
  return after(new Waiting(waiting), fulfilled);
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

function invoke(name: string, target: GuestFunction, args: readonly unknown[]): Later<Outcome> {
  return attempt(() => {
    const value = args.length === 0 ? target() : args.length === 1 ? target(args[0]) : apply(target, undefined, args);
    return settled(name, value);
  }, failed);
}

/** Returns the outcome of a value. A promise is settled first. */
function settled(name: string, value: unknown): Later<Outcome> {
  const then = thenOf(value);
  if (then !== undefined) {
    const promise = then === promiseThen ? value : resolving(value, then);
    return after(settle(promise, promiseThen, name), (state): Outcome => [0, state.value]);
  }
  drainJobs();
  return [0, value];
}

/** Finishes the work that the call began, as after a rejected promise, so that the next call does not run it. */
function failed(error: unknown): Outcome {
  drainJobs();
  return [1, error instanceof Stuck ? colonyError('ERR_GUEST_THROWN', error.message) : describe(error)];
}

/** Ends a call that the embedder made itself. `end` is a CALL_END. Such an embedder has no event loop. */
function finish(name: string, end: number, value: unknown): ArrayBuffer {
  const outcome = attempt((): Later<Outcome> => {
    if (end === CALL_END_THREW) return failed(value);
    return end === CALL_END_SETTLED ? [0, value] : settled(name, value);
  }, failed);
  return frameOf(outcome as Outcome, false);
}

function load(frame: LoadFrame): Later<Outcome> {
  return attempt(
    () => {
      const evaluated: PromiseLike<unknown> = evalModule(frame[1], frame[2], frame[3]);
      const then = (evaluated instanceof Resolving ? promiseThen : evaluated.then) as Then;
      return after(settle(evaluated, then, 'the program'), (state) => loaded(state.value as Record<string, unknown>));
    },
    (error) => [1, describe(error)],
  );
}

function loaded(namespace: Record<string, unknown>): Outcome {
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
}

function missing(name: string): Outcome {
  const names = Object.keys(program).join(', ') || 'nothing';
  const message = `the program exports no function \`${name}\`; it exports ${names}`;
  return [1, colonyError('ERR_NO_SUCH_EXPORT', message)];
}

function call(frame: CallFrame): Later<Outcome> {
  const target = program[frame[1]];
  return target === undefined ? missing(frame[1]) : invoke(frame[1], target, frame[2]);
}

function batch(frame: BatchFrame): Later<Outcome> {
  const target = program[frame[1]];
  if (target === undefined) return missing(frame[1]);
  const results: Outcome[] = [];
  const rows = frame[2];
  const from = (first: number): Later<void> => {
    for (let i = first; i < rows.length; i++) {
      const outcome = invoke(frame[1], target, rows[i]!);
      if (outcome instanceof Waiting) {
        return after(outcome, (late) => {
          results[i] = late;
          return from(i + 1);
        });
      }
      results[i] = outcome;
    }
  };
  return after(from(0), (): Outcome => [0, results]);
}

function handle(frame: RequestFrame): Later<Outcome> {
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

function dispatch(request: ArrayBuffer): ArrayBuffer | Promise<ArrayBuffer> {
  let isBatch = false;
  const outcome = attempt(
    () => {
      const frame = guestDecode(request) as RequestFrame;
      isBatch = frame[0] === FRAME_BATCH;
      return handle(frame);
    },
    (error): Outcome => [1, describe(error)],
  );
  return promised(after(outcome, (made) => frameOf(made, isBatch)));
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
