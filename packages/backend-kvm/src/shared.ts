/** Work that is done once for all who wait for it. Each may stop waiting; when nobody waits any more, the work is ended. */
import { ColonyError } from '@colony/core';

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
    // Whoever waits hears of it.
    this.#work.catch(() => {});
  }

  /** Nobody waited for it any more: it will not come to anything. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** @throws ColonyError ERR_ABORTED as soon as the signal is, whatever the work does; else what the work throws */
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
