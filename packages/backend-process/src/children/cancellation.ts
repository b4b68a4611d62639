/** One signal for all ways to end a call early. Its reason is the error of the call. */
import { ColonyError } from '@colony/core';

export class Cancellation {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.cancel(new ColonyError('ERR_ABORTED', 'the call was aborted by its signal'));

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (outer?.aborted) this.#onAbort();
    else outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(error: ColonyError): void {
    this.#controller.abort(error);
  }

  /** Stops listening to the outer signal. */
  end(): void {
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}
