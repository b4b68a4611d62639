/** Limits the number of tools that run at once. */
import { availableParallelism } from 'node:os';
import { ColonyError } from '@colony/core';

export const aborted = () => new ColonyError('ERR_ABORTED', 'the build was aborted by its signal');

/** One place for each processor: more tools would only slow each other down, and each takes memory. */
export class Gate {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(places = availableParallelism()) {
    this.#free = places;
  }

  /**
   * Waits for a place; first come, first served.
   * @returns a function that gives the place back; call it once.
   * @throws ColonyError ERR_ABORTED
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw aborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    return () => this.#leave();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(enter);
        reject(aborted());
      };
      const enter = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      this.#waiting.add(enter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Gives the place to the caller that has waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
