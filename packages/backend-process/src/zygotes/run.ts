/** One request that a child serves: joins pieces, answers hypercalls, and keeps the deadline. */
import type { ColonyError, RunRequest, RunResult } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import { pieceType, RESULT_HEAD, readCpuTime, readNumbers, TYPE } from './protocol.js';

/** A request. The signal's reason is its error. `parked` is called when the guest begins or ends to wait for a promise. */
export type ChildRequest = Pick<RunRequest, 'limits' | 'onHypercall'> & {
  readonly signal: AbortSignal;
  readonly parked: (isParked: boolean) => void;
};

export interface ChildControl {
  reply(segments: readonly Uint8Array[]): void;
  /** Ends the child. */
  kill(): void;
}

const MOST_TIMEOUT = 2 ** 31 - 1;
const NANOSECONDS = 1e6;

export class Run {
  readonly result: Promise<RunResult>;
  readonly #request: ChildRequest;
  readonly #child: ChildControl;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = () => this.#giveUp(this.#request.signal.reason as ColonyError);
  #pieces: Uint8Array[] = [];
  #size = 0;
  #parked = false;
  #over = false;
  #resolve!: (result: RunResult) => void;
  #reject!: (error: unknown) => void;

  constructor(request: ChildRequest, child: ChildControl) {
    this.#request = request;
    this.#child = child;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { wallTime } = request.limits;
    if (wallTime !== Number.POSITIVE_INFINITY) {
      const over = () => this.#giveUp(limitError('wallTime', request.limits));
      this.#timer = setTimeout(over, Math.min(wallTime, MOST_TIMEOUT));
    }
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get over(): boolean {
    return this.#over;
  }

  /** A piece of a result or of a hypercall's request. */
  take(frameType: number, payload: Uint8Array): void {
    if (this.#over) return;
    const { type, last } = pieceType(frameType);
    if (last && type === TYPE.result) {
      this.#finish(payload);
      return;
    }
    this.#keep(payload);
    if (last && !this.#over) this.#serve(this.#whole());
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    // The zygote counts, too; this check does not depend on it.
    if (this.#size > this.#request.limits.output + RESULT_HEAD)
      this.#giveUp(limitError('output', this.#request.limits));
  }

  #whole(): Uint8Array {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces));
  }

  #serve(request: Uint8Array): void {
    const reply = this.#request.onHypercall(request);
    if (!(reply instanceof Promise)) {
      this.#answer(reply);
      return;
    }
    this.#park(true);
    reply.then((segments) => {
      if (this.#over) return;
      this.#park(false);
      this.#answer(segments);
    });
  }

  #answer(segments: readonly Uint8Array[]): void {
    if (!this.#over) this.#child.reply(segments);
  }

  #park(isParked: boolean): void {
    if (this.#parked === isParked) return;
    this.#parked = isParked;
    this.#request.parked(isParked);
  }

  #finish(payload: Uint8Array): void {
    const cpuTime = readCpuTime(payload) / NANOSECONDS;
    this.#keep(payload.subarray(RESULT_HEAD));
    if (this.#over) return;
    const all = this.#whole();
    // The child's own claim, so it is capped.
    const memory = Math.min(readNumbers(all.subarray(0, RESULT_HEAD))[0] ?? 0, this.#request.limits.memory);
    const usage = { wallTime: performance.now() - this.#started, cpuTime, memory, dirtyPages: 0 };
    this.#end();
    this.#resolve({ output: all.subarray(RESULT_HEAD), usage });
  }

  /** Ends the child, and the run with this error. */
  #giveUp(error: ColonyError): void {
    if (this.#over) return;
    this.#child.kill();
    this.fail(error);
  }

  /** Ends the run because the child is gone. */
  fail(error: ColonyError): void {
    if (this.#over) return;
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#over = true;
    this.#pieces = [];
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    this.#park(false);
  }
}
