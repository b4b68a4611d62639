/** Admits a number of holders at a time; the others wait in order. */

interface Waiting {
  enter(): void;
  leave(): void;
}

export class Gate {
  readonly #most: number;
  readonly #waiting = new Set<Waiting>();
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when the caller is admitted. Rejects with the signal's reason if that comes first. */
  enter(signal?: AbortSignal): Promise<void> {
    if (this.#inside < this.#most) {
      this.#inside++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          signal?.removeEventListener('abort', waiting.leave);
          this.#inside++;
          resolve();
        },
        leave: () => {
          this.#waiting.delete(waiting);
          reject(signal?.reason);
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', waiting.leave, { once: true });
    });
  }

  leave(): void {
    this.#inside--;
    const [first] = this.#waiting;
    if (first === undefined || this.#inside >= this.#most) return;
    this.#waiting.delete(first);
    first.enter();
  }

  /** Admits a parked holder again at once; occupancy may exceed the limit. */
  reenter(): void {
    this.#inside++;
  }
}
