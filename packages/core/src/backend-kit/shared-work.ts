/** Work that is done once for all its waiters. Each waiter may leave; when the last one leaves, the work is aborted. */
import { ColonyError } from '../errors.js';

const gone = () => new ColonyError('ERR_ABORTED', 'it was aborted by its signal');

export class SharedWork<T> {
  readonly #controller = new AbortController();
  readonly #work: Promise<T>;
  #waiting = 0;
  #done = false;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work(this.#controller.signal).finally(() => {
      this.#done = true;
    });
    // `join` gives each waiter the rejection.
    this.#work.catch(() => {});
  }

  /** All waiters have left, so the work was aborted. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /**
   * Waits for the work.
   * @throws ColonyError ERR_ABORTED as soon as the signal is aborted; otherwise the error of the work
   */
  async join(signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) {
      this.#leave();
      throw gone();
    }
    this.#waiting++;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(gone());
    });
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.#work, left]);
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#waiting--;
      this.#leave();
    }
  }

  #leave(): void {
    if (this.#waiting === 0 && !this.#done) this.#controller.abort();
  }
}

/**
 * Waits for a promise until the signal is aborted.
 * @throws as `SharedWork.join`
 */
export function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new SharedWork(() => work).join(signal);
}

/** Shared works by the key of their result: a Map, a WeakMap or a cache. */
export interface Works<K, T> {
  get(key: K): SharedWork<T> | undefined;
  set(key: K, work: SharedWork<T>): unknown;
  delete(key: K): unknown;
}

/**
 * Joins the work under a key. Starts it if there is none or the old one was abandoned. A failure is not kept.
 * @throws as `SharedWork.join`
 */
export function joinShared<K, T>(
  works: Works<K, T>,
  key: K,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const known = works.get(key);
  if (known !== undefined && !known.abandoned) return known.join(signal);
  const begun = new SharedWork(async (abandoned) => {
    try {
      return await work(abandoned);
    } catch (error) {
      if (works.get(key) === begun) works.delete(key);
      throw error;
    }
  });
  works.set(key, begun);
  return begun.join(signal);
}
