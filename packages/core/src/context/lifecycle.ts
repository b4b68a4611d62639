/** The states of a context and the permitted methods in each: a table that a test can walk. */
import { ColonyError, type ErrorCode } from '../errors.js';

/**
 * `ready`: nothing runs. `running`: fresh calls run. `keeping`: a call with kept state runs or waits. `poisoned`: a
 * call with kept state was cut short. `disposed`: final.
 */
export const STATES = ['ready', 'running', 'keeping', 'poisoned', 'disposed'] as const;
export type State = (typeof STATES)[number];

/** `call` and `callBatch` share a row, and so do their `keep` forms. */
export const METHODS = [
  'call',
  'callKeep',
  'callSync',
  'callSyncKeep',
  'snapshot',
  'reset',
  'dispose',
  'stats',
] as const;
export type Method = (typeof METHODS)[number];

/** `ok`: proceeds. `wait`: proceeds after the earlier calls with kept state. An error code: throws that error. */
export type Permission = 'ok' | 'wait' | ErrorCode;

const POISONED = 'ERR_POISONED';
const DISPOSED = 'ERR_DISPOSED';

export const TABLE: Readonly<Record<Method, Readonly<Record<State, Permission>>>> = {
  call: { ready: 'ok', running: 'ok', keeping: 'ok', poisoned: POISONED, disposed: DISPOSED },
  callKeep: { ready: 'ok', running: 'ok', keeping: 'wait', poisoned: POISONED, disposed: DISPOSED },
  callSync: { ready: 'ok', running: 'ok', keeping: 'ok', poisoned: POISONED, disposed: DISPOSED },
  callSyncKeep: { ready: 'ok', running: 'ok', keeping: 'ERR_BUSY', poisoned: POISONED, disposed: DISPOSED },
  snapshot: { ready: 'ok', running: 'ok', keeping: 'wait', poisoned: POISONED, disposed: DISPOSED },
  reset: { ready: 'ok', running: 'ok', keeping: 'wait', poisoned: 'ok', disposed: DISPOSED },
  dispose: { ready: 'ok', running: 'ok', keeping: 'ok', poisoned: 'ok', disposed: 'ok' },
  stats: { ready: 'ok', running: 'ok', keeping: 'ok', poisoned: 'ok', disposed: 'ok' },
};

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  ERR_POISONED: 'a call with kept state was cut short, so its state is not whole; call reset() first',
  ERR_DISPOSED: 'the context is disposed; create a new one',
  ERR_BUSY: 'a call with kept state is going on; await it first, or use a fresh call',
};

export class Lifecycle {
  #fresh = 0;
  #keep = 0;
  #poisoned = false;
  #disposed = false;
  #tail: Promise<unknown> = Promise.resolve();

  get state(): State {
    if (this.#disposed) return 'disposed';
    if (this.#poisoned) return 'poisoned';
    if (this.#keep > 0) return 'keeping';
    return this.#fresh > 0 ? 'running' : 'ready';
  }

  /** @throws ColonyError if the method is not permitted now */
  ask(method: Method): 'ok' | 'wait' {
    const permission = TABLE[method][this.state];
    if (permission === 'ok' || permission === 'wait') return permission;
    throw new ColonyError(permission, MESSAGES[permission] ?? permission);
  }

  /** Runs a fresh call. Any number may run at a time. */
  async fresh<T>(work: () => Promise<T>): Promise<T> {
    this.#fresh++;
    try {
      return await work();
    } finally {
      this.#fresh--;
    }
  }

  freshSync<T>(work: () => T): T {
    this.#fresh++;
    try {
      return work();
    } finally {
      this.#fresh--;
    }
  }

  /** Runs work on kept state, one after the other. Checks permission again when a waiting call's turn comes. */
  async exclusive<T>(method: Method, work: () => Promise<T>): Promise<T> {
    const waits = this.#keep > 0;
    this.#keep++;
    const run = async () => {
      if (waits) this.#askInTurn(method);
      return await work();
    };
    const done = waits ? this.#tail.then(run) : run();
    this.#tail = done.catch(() => {});
    try {
      return await done;
    } finally {
      this.#keep--;
    }
  }

  exclusiveSync<T>(work: () => T): T {
    this.#keep++;
    try {
      return work();
    } finally {
      this.#keep--;
    }
  }

  #askInTurn(method: Method): void {
    const state: State = this.#disposed ? 'disposed' : this.#poisoned ? 'poisoned' : 'ready';
    const permission = TABLE[method][state];
    if (permission !== 'ok')
      throw new ColonyError(permission as ErrorCode, MESSAGES[permission as ErrorCode] ?? permission);
  }

  poison(): void {
    this.#poisoned = true;
  }

  heal(): void {
    this.#poisoned = false;
  }

  /** Returns false if the context was already disposed. */
  end(): boolean {
    const first = !this.#disposed;
    this.#disposed = true;
    return first;
  }
}
