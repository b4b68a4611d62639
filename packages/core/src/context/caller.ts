/** Calls by name, with one or many argument lists, async or sync. */
import type { ColonyError } from '../errors.js';
import type { CallScope } from '../hypercalls/scope.js';
import { OptionReader } from '../options/option-reader.js';
import type { AnyExports, Overloaded } from '../programs/types.js';
import { asBatchResult, encodeBatch, encodeCall, type Outcome } from '../wire/frames.js';
import { turn } from '../wire/slices.js';
import { CallRunner } from './call-runner.js';
import { guestError } from './guest-errors.js';
import type { FilledCallOptions } from './options.js';

// biome-ignore lint/suspicious/noExplicitAny: only the types of a user describe the called function
type Fn = (...args: any[]) => any;
type Name<E> = keyof E & string;
/**
 * The name if it is an export, otherwise the union of all exports, so that the error lists them. TypeScript would
 * report a constraint as a wrong number of arguments.
 */
type Given<E, K> = K extends Name<E> ? K : Name<E>;
type Args<E, K> = K extends keyof E
  ? E[K] extends Fn
    ? Parameters<E[K]>
    : never
  : Fn extends (...args: infer A) => unknown
    ? A
    : never;
type Result<E, K, A = unknown> = K extends keyof E
  ? E[K] extends Overloaded<infer Forms>
    ? FirstResult<Forms, A>
    : E[K] extends Fn
      ? Awaited<ReturnType<E[K]>>
      : never
  : never;

/** The result of the first form of an overloaded function that takes these arguments. */
type FirstResult<Forms, A> = Forms extends readonly [infer Form extends Fn, ...infer Others]
  ? A extends Parameters<Form>
    ? Awaited<ReturnType<Form>>
    : FirstResult<Others, A>
  : never;

export type RowOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ColonyError };

const reader = new OptionReader('ERR_BAD_OPTION', 'call');

/** Errors of rows made before the event loop turns: about 5 ms of work. */
const ERRORS_AT_ONCE = 256;

export class Caller<E = AnyExports> {
  /** @internal */
  protected readonly runner: CallRunner;
  readonly #options: FilledCallOptions;

  /** @internal */
  constructor(runner: CallRunner, options: FilledCallOptions) {
    if (!isCallRunner(runner)) reader.fail('runner', 'nothing: a context is made by createContext()', runner);
    this.runner = runner;
    this.#options = options;
  }

  /**
   * Calls an exported function. Arguments and result cross with structured-clone semantics.
   * @throws ColonyError ERR_GUEST_THROWN (`details.guest`), ERR_NO_SUCH_EXPORT, ERR_NOT_SERIALIZABLE,
   * ERR_POLICY_DENIED, ERR_LIMIT_*, ERR_GUEST_*, ERR_ABORTED, ERR_DISPOSED, ERR_POISONED, ERR_REENTRANT
   */
  async call<K extends string, const A extends Args<E, K>>(name: Given<E, K>, ...args: A): Promise<Result<E, K, A>> {
    reader.string(name, 'name');
    const prepared = this.runner.prepare(this.#options, false, (limits) => encodeCall(name, args, limits));
    return value(await this.runner.run(prepared), prepared.scope) as Result<E, K, A>;
  }

  /**
   * Calls an exported function on the calling thread, without a thread hop. The guest can call only sync host
   * functions; an async one ends the call with ERR_ASYNC_IN_SYNC. A result of any size is decoded in one go.
   * @throws ColonyError also ERR_UNSUPPORTED, ERR_BUSY
   */
  callSync<K extends string, const A extends Args<E, K>>(name: Given<E, K>, ...args: A): Result<E, K, A> {
    reader.string(name, 'name');
    const prepared = this.runner.prepare(this.#options, true, (limits) => encodeCall(name, args, limits));
    return value(this.runner.runSync(prepared), prepared.scope) as Result<E, K, A>;
  }

  /**
   * Calls a function for many argument lists (rows of a table) in one guest entry. Rows see each other's effects and
   * share one call's limits. Rejects with the first row's error (`details.row`).
   */
  async callBatch<K extends string, const A extends Args<E, K>>(
    name: Given<E, K>,
    rows: readonly A[],
  ): Promise<Result<E, K, A>[]> {
    const { result, scope } = await this.#batch(name, rows);
    return result.map((outcome, row) => {
      if (outcome[0] !== 0) throw guestError(outcome[1], scope, row);
      return outcome[1] as Result<E, K, A>;
    });
  }

  /** Does the same as `callBatch`, but returns each row's value or error. */
  async callBatchSettled<K extends string, const A extends Args<E, K>>(
    name: Given<E, K>,
    rows: readonly A[],
  ): Promise<RowOutcome<Result<E, K, A>>[]> {
    const { result, scope } = await this.#batch(name, rows);
    const outcomes: RowOutcome<Result<E, K, A>>[] = [];
    let errors = 0;
    for (const [row, outcome] of result.entries()) {
      if (outcome[0] === 0) {
        outcomes.push({ ok: true, value: outcome[1] as Result<E, K, A> });
        continue;
      }
      if (++errors % ERRORS_AT_ONCE === 0) await turn();
      outcomes.push({ ok: false, error: guestError(outcome[1], scope, row) });
    }
    return outcomes;
  }

  async #batch(name: string, rows: readonly unknown[]): Promise<{ result: readonly Outcome[]; scope: CallScope }> {
    reader.string(name, 'name');
    const read = readRows(rows);
    const prepared = this.runner.prepare(this.#options, false, (limits) => encodeBatch(name, read, limits));
    const result = asBatchResult(await this.runner.run(prepared), read.length);
    if (!Array.isArray(result)) throw guestError(result, prepared.scope);
    return { result, scope: prepared.scope };
  }
}

/** Copies the list, so that each row is read once. Uses its own loop because there may be millions of rows. */
function readRows(rows: unknown): readonly unknown[][] {
  if (!reader.look('rows', () => Array.isArray(rows))) reader.fail('rows', 'an array', rows);
  const list = rows as readonly unknown[];
  const length = reader.look('rows', () => list.length);
  const read: unknown[][] = [];
  while (read.length < length) {
    const at = read.length;
    let row: unknown;
    let isList = false;
    try {
      row = list[at];
      isList = Array.isArray(row);
    } catch (error) {
      reader.threw(`rows[${at}]`, error);
    }
    if (!isList) reader.fail(`rows[${at}]`, 'an array of arguments', row);
    read.push(row as unknown[]);
  }
  return read;
}

/** The classes are exported for `instanceof` and as types. Their constructors are not public. */
function isCallRunner(runner: unknown): boolean {
  try {
    return runner instanceof CallRunner;
  } catch {
    return false; // a proxy threw
  }
}

function value(outcome: Outcome, scope: CallScope): unknown {
  if (outcome[0] === 0) return outcome[1];
  throw guestError(outcome[1], scope);
}
