/** One request that a child serves: keeps its deadlines, answers its hypercalls, and ends it. */
import { ColonyError, type RunLimits, type RunRequest, type RunResult } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import { type Frame, TYPE } from '../channel/index.js';
import { OUT_OF_MEMORY, REPORT_BYTES, type Report, readReport } from '../inside/report.js';
import { watchCpu } from './cpu.js';

/**
 * A request. The signal's reason is its error. `parked` is called when the guest begins to wait for a promise of the host,
 * and when it goes on.
 */
export type ChildRequest = Pick<RunRequest, 'input' | 'limits' | 'onHypercall' | 'signal'> & {
  readonly parked?: (isParked: boolean) => void;
};

/** The part of its child that a run uses. */
export interface ChildControl {
  /** Milliseconds of CPU time that the child has used. */
  cpuTime(): number | undefined;
  send(type: number, segments: readonly Uint8Array[]): void;
  /** Ends the child; the run ends with the error. */
  fail(error: ColonyError): void;
}

const MOST_TIMEOUT = 2 ** 31 - 1;

export class Run {
  readonly result: Promise<RunResult>;
  readonly #request: ChildRequest;
  readonly #child: ChildControl;
  readonly #started = performance.now();
  readonly #disarm: () => void;
  #waiting = false;
  #parked = false;
  #over = false;
  #resolve!: (result: RunResult) => void;
  #reject!: (error: ColonyError) => void;

  constructor(request: ChildRequest, child: ChildControl) {
    this.#request = request;
    this.#child = child;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#disarm = this.#arm(request.limits);
    child.send(TYPE.request, request.input);
  }

  #arm(limits: RunLimits): () => void {
    const { signal } = this.#request;
    const over = (which: 'wallTime' | 'cpuTime') => this.#child.fail(limitError(which, limits));
    const aborted = () => this.#child.fail(signal?.reason as ColonyError);
    const wall =
      limits.wallTime === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => over('wallTime'), Math.min(limits.wallTime, MOST_TIMEOUT));
    const endWatch = watchCpu(
      () => this.#child.cpuTime(),
      limits.cpuTime,
      () => over('cpuTime'),
    );
    if (signal?.aborted) queueMicrotask(aborted);
    signal?.addEventListener('abort', aborted, { once: true });
    return () => {
      clearTimeout(wall);
      endWatch();
      signal?.removeEventListener('abort', aborted);
    };
  }

  /** Most bytes of a frame that may come now. */
  most(type: number): number | undefined {
    const { output } = this.#request.limits;
    if (type === TYPE.result && !this.#waiting) return REPORT_BYTES + output;
    return type === TYPE.hypercall && !this.#waiting ? output : undefined;
  }

  /** Takes a frame that `most` let through. */
  take(frame: Frame): void {
    if (frame.type === TYPE.hypercall) this.#serve(frame.payload);
    else this.#finish(frame.payload);
  }

  #serve(request: Uint8Array): void {
    this.#waiting = true;
    const reply = this.#request.onHypercall(request);
    if (reply instanceof Promise) {
      this.#park(true);
      reply.then((segments) => {
        if (this.#over) return;
        this.#park(false);
        this.#answer(segments);
      });
    } else this.#answer(reply);
  }

  #answer(segments: readonly Uint8Array[]): void {
    if (this.#over) return;
    this.#waiting = false;
    this.#child.send(TYPE.reply, segments);
  }

  #park(isParked: boolean): void {
    if (this.#parked === isParked) return;
    this.#parked = isParked;
    this.#request.parked?.(isParked);
  }

  #finish(payload: Uint8Array): void {
    const report = readReport(payload);
    const refused = this.#refusal(report);
    if (report === undefined || refused !== undefined) {
      this.#child.fail(refused!);
      return;
    }
    this.#end();
    const wallTime = performance.now() - this.#started;
    // The child's own claim, so it is capped.
    const cpuTime = Math.min(report.cpuTime, wallTime);
    const memory = Math.min(report.memory, this.limits.memory);
    const usage = { wallTime, cpuTime, memory, dirtyPages: 0 };
    this.#resolve({ output: payload.subarray(REPORT_BYTES), usage });
  }

  /** The error for a result that is refused. */
  #refusal(report: Report | undefined): ColonyError | undefined {
    if (report === undefined) return new ColonyError('ERR_GUEST_PROTOCOL', 'the guest sent an invalid result');
    return report.flags === OUT_OF_MEMORY ? limitError('memory', this.limits) : undefined;
  }

  /** Ends the run: the child is gone, or is being ended. */
  fail(error: ColonyError): void {
    if (this.#over) return;
    this.#end();
    this.#reject(error);
  }

  get limits(): RunLimits {
    return this.#request.limits;
  }

  #end(): void {
    this.#over = true;
    this.#disarm();
    this.#park(false);
  }
}
