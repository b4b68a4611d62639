/** What several contexts wait for together: made once under a key, and given up when none of them waits any more. */
import { ColonyError } from '@colony/core';
import { LRUCache } from 'lru-cache';

interface Work<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

export class Shared<T> {
  readonly #works: LRUCache<string, Work<T>>;

  constructor(max: number) {
    this.#works = new LRUCache({ max });
  }

  /**
   * What is under the key; where nothing is, `make` makes it. A failure is not kept.
   * @throws ColonyError ERR_ABORTED, and what `make` throws
   */
  async get(key: string, make: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const work = this.#works.get(key) ?? this.#begin(key, make);
    work.waiting++;
    let abort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(new ColonyError('ERR_ABORTED', 'the context was not made: its signal was aborted'));
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
    try {
      return await Promise.race([work.promise, aborted]);
    } finally {
      signal?.removeEventListener('abort', abort);
      work.waiting--;
      if (work.waiting === 0 && signal?.aborted) work.controller.abort();
    }
  }

  #begin(key: string, make: (signal: AbortSignal) => Promise<T>): Work<T> {
    const controller = new AbortController();
    const work: Work<T> = { promise: make(controller.signal), controller, waiting: 0 };
    this.#works.set(key, work);
    const forget = () => {
      if (this.#works.peek(key) === work) this.#works.delete(key);
    };
    work.promise.catch(forget);
    controller.signal.addEventListener('abort', forget, { once: true });
    return work;
  }
}
