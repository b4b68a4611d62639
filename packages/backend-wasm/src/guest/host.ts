/** The thread that a guest runs in, as the guest sees it, and the exception that ends a run. */
import type { ErrorCode, ErrorDetails, RunLimits } from '@colony/core';

/** Services that a thread gives its guest during a run. There is one object per thread; each run resets it. */
export interface GuestHost {
  /** Limits of the present run. */
  readonly limits: RunLimits;
  /**
   * Sends a hypercall request frame and blocks until the reply frame is there. The request is copied before this
   * returns; the reply is the guest's own.
   * @throws RunEnd, which no guest catches
   */
  hypercall(request: Uint8Array): Uint8Array;
  /** Compiled-in checks call this at intervals. @throws RunEnd when the run's time is over or it was cancelled */
  interrupt(): void;
}

/** Ends the run, through all of the guest's frames. Afterwards the guest can only be restored, or discarded. */
export class RunEnd extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: ErrorDetails,
  ) {
    super(message);
  }
}
