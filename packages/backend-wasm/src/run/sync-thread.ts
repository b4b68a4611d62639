/** Runs on the calling thread: a guest of this thread's own, and host functions called directly. */
import type { RunRequest } from '@colony/core';
import { concat } from '@colony/core/codec';
import { RunEnd } from '../guest/host.js';
import { type Outcome, type RunSpec, Thread } from '../thread/thread.js';

type Request = Pick<RunRequest, 'onHypercall' | 'signal'>;

export class SyncThread {
  readonly #thread: Thread;
  /** The innermost of the runs that this thread is in. */
  #request: Request | undefined;

  constructor() {
    const nothing = () => {};
    const hypercall = (request: Uint8Array) => this.#hypercall(request);
    this.#thread = new Thread({ hypercall, checkCancelled: nothing, began: nothing });
  }

  run(spec: RunSpec, request: Request): Outcome {
    const outer = this.#request;
    this.#request = request;
    try {
      return this.#thread.run(spec);
    } finally {
      this.#request = outer;
    }
  }

  forget(id: number): void {
    this.#thread.forget(id);
  }

  #hypercall(bytes: Uint8Array): Uint8Array {
    const request = this.#request!;
    const reply = request.onHypercall(bytes.slice());
    if (reply instanceof Promise) throw new RunEnd('ERR_ASYNC_IN_SYNC', '');
    // On this thread only a hypercall can end a run: by its budget, or by an abort in the host function.
    if (request.signal?.aborted) throw new RunEnd('ERR_ABORTED', 'the run was cancelled');
    return concat(reply);
  }
}
