/** Messages between a lane and its worker. */
import type { MessagePort } from 'node:worker_threads';
import type { GuestState } from '../guest/guest.js';
import type { PreparedModule } from '../prepare/prepared.js';
import type { Failure } from '../thread/failure.js';
import type { Outcome, RunSpec, Start } from '../thread/thread.js';
import type { Mailbox } from './mailbox.js';

export interface WorkerData {
  readonly mailbox: Mailbox;
  /** For replies that are too large for the mailbox. */
  readonly replies: MessagePort;
}

/** A run whose start the worker may know already: it is named by its id. */
export type RemoteRunSpec = Omit<RunSpec, 'from'> & { readonly from: number };

export type ToWorker =
  | {
      readonly type: 'run';
      readonly spec: RemoteRunSpec;
      readonly define?: Start | undefined;
      /** Kept state, whose memory is the worker's until it comes back. */
      readonly kept?: GuestState | undefined;
    }
  | { readonly type: 'prepare'; readonly module: Uint8Array }
  | { readonly type: 'forget'; readonly ids: readonly number[] };

export type FromWorker =
  /** A hypercall request; its bytes are in the mailbox if there are none here. */
  | { readonly type: 'call'; readonly length: number; readonly request?: Uint8Array }
  | { readonly type: 'ran'; readonly outcome: Outcome }
  | { readonly type: 'prepared'; readonly prepared?: PreparedModule; readonly failure?: Failure };
