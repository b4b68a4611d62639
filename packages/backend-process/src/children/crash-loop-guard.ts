/** Stops a pool from starting children again and again that die before they serve. */
import { ColonyError } from '@colony/core';

export interface GuardOptions {
  /** Deaths in a row after which a pause begins. */
  readonly most?: number;
  /** Milliseconds of the first pause; each one after it is twice as long. */
  readonly firstPause?: number;
  readonly longestPause?: number;
  /** A monotonic clock in milliseconds. For tests. */
  readonly now?: () => number;
}

/**
 * After so many deaths in a row nothing starts for a while; then one try decides whether the pause was enough. A pool
 * calls `check` before each start, and reports its result.
 */
export class CrashLoopGuard {
  readonly #what: string;
  readonly #most: number;
  readonly #firstPause: number;
  readonly #longestPause: number;
  readonly #now: () => number;
  #deaths = 0;
  #until = 0;
  #lastWords = '';

  /** `what` names the children in the error's message. */
  constructor(what: string, { most = 5, firstPause = 1000, longestPause = 30_000, now }: GuardOptions = {}) {
    this.#what = what;
    this.#most = most;
    this.#firstPause = firstPause;
    this.#longestPause = longestPause;
    this.#now = now ?? (() => performance.now());
  }

  /** Deaths in a row. */
  get deaths(): number {
    return this.#deaths;
  }

  /** True while nothing may be started. */
  get closed(): boolean {
    return this.#deaths >= this.#most && this.#now() < this.#until;
  }

  /** @throws ColonyError ERR_BACKEND_UNAVAILABLE during a pause, with the last child's last words. */
  check(): void {
    if (this.closed) throw this.error();
  }

  error(): ColonyError {
    const left = Math.max(0, Math.ceil(this.#until - this.#now()));
    const words = this.#lastWords === '' ? 'it printed nothing' : `its last words: ${this.#lastWords}`;
    const message = `${this.#what} died ${this.#deaths} times in a row before serving (${words}); the next try is in ${left} ms. \`colony doctor\` may show why`;
    return new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { details: { deaths: this.#deaths, retryIn: left } });
  }

  succeeded(): void {
    this.#deaths = 0;
  }

  failed(lastWords: string): void {
    this.#lastWords = lastWords;
    this.#deaths++;
    const pauses = this.#deaths - this.#most;
    if (pauses >= 0)
      this.#until = this.#now() + Math.min(this.#longestPause, this.#firstPause * 2 ** Math.min(pauses, 20));
  }
}
