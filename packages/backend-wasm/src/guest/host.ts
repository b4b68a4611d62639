/** What a guest has of its thread, and how its run may end. */
import type { ErrorCode, ErrorDetails, RunLimits } from '@colony/core';

/** What a guest may ask of its thread during a run. One object per thread; every run sets it anew. */
export interface GuestHost {
  /** Of the present run. */
  readonly limits: RunLimits;
  /**
   * Sends a hypercall request frame and blocks until the reply frame is there. The request is copied before this
   * returns; the reply is the guest's own.
   * @throws RunEnd, which no guest catches
   */
  hypercall(request: Uint8Array): Uint8Array;
  /** What compiled-in checks call every now and then. @throws RunEnd when the run's time is over or it was cancelled */
  interrupt(): void;
}

/** Ends the run, through all of the guest's frames. The guest is good for `restore` only, or for nothing. */
export class RunEnd extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: ErrorDetails,
  ) {
    super(message);
  }
}
