/** One worker, seen from the main thread: takes a job, answers its hypercalls, ends it when its time is over. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { ColonyError, type HypercallHandler } from '@colony/core';
import { limitFailure } from '@colony/core/backend-kit';
import type { PreparedModule } from '../prepare/prepared.js';
import type { Failure } from '../thread/failure.js';
import type { Outcome, RunSpec, Start } from '../thread/thread.js';
import { answer, cancel, type Mailbox, newMailbox, type Reason, resetRun, runningFor } from './mailbox.js';
import type { FromWorker, ToWorker, WorkerData } from './messages.js';
import { workerOptions } from './resolution.js';

/** A run in a worker. */
export interface RunJob {
  readonly type: 'run';
  readonly spec: RunSpec;
  readonly onHypercall: HypercallHandler;
  settle(outcome: Outcome): void;
}

/** Preparing a module in a worker. */
export interface PrepareJob {
  readonly type: 'prepare';
  readonly module: Uint8Array;
  settle(prepared: PreparedModule | Failure): void;
}

export type Job = RunJob | PrepareJob;

/** Events that a lane reports to the pool. */
export interface LaneEvents {
  /** A host function's promise is pending, or is settled. */
  parked(lane: Lane, parked: boolean): void;
  /** The job is over; the lane takes the next. */
  idle(lane: Lane): void;
  /** The worker is gone. */
  gone(lane: Lane): void;
}

/**
 * Memory for a worker's own V8: a guest that makes the host build too much ends its worker and nothing else. New objects
 * have little room: at the limit Node leaves a worker 16 MiB to end in, and one collection that moves more than that
 * aborts the process. The stack is large enough for the deepest recursion of JavaScript in quickjs-ng, whose frames take
 * eight times as much here as on its own stack.
 */
const RESOURCES = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 6, stackSizeMb: 8 };
/** Time after its deadline in which a worker may end its run by itself, before it is terminated. */
const GRACE_MS = 300;
/** Bounds the time that preparing a module takes. */
const PREPARE_MS = 30_000;
/**
 * Bounds the time before a run's clock starts, in which the worker starts and the guest gets ready. On a busy machine,
 * and in deno, that takes seconds, which are not the guest's.
 */
const READY_MS = 30_000;
/** Starts that a worker remembers. */
const MOST_STARTS = 256;
const LONGEST_TIMER = 2 ** 31 - 1;
const WORKER = new URL('./worker.js', import.meta.url);

const NO_USAGE = { wallTime: 0, cpuTime: 0, memory: 0, dirtyPages: 0 };

export class Lane {
  readonly #events: LaneEvents;
  readonly #worker: Worker;
  readonly #mailbox: Mailbox = newMailbox();
  readonly #replies: MessagePort;
  /** Ids of the starts that the worker remembers, the least recently used first. */
  readonly #known = new Set<number>();
  readonly #forgotten: number[] = [];
  #job: Job | undefined;
  #backstop: NodeJS.Timeout | undefined;
  /** The number of the job's hypercall that waits for its reply: replies to others come too late. */
  #call = 0;
  #parked = false;
  #ended = false;

  constructor(events: LaneEvents) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#replies = port1;
    const workerData: WorkerData = { mailbox: this.#mailbox, replies: port2 };
    this.#worker = new Worker(WORKER, {
      workerData,
      transferList: [port2],
      resourceLimits: RESOURCES,
      execArgv: workerOptions(),
      env: {},
      name: 'colony-wasm',
    });
    this.#worker.on('message', (message: FromWorker) => this.#heard(message));
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('exit', () => this.#gone());
    this.#worker.unref();
  }

  get parked(): boolean {
    return this.#parked;
  }

  knows({ id }: Start): boolean {
    return this.#known.has(id);
  }

  start(job: Job): void {
    this.#job = job;
    this.#worker.ref();
    if (job.type === 'prepare') {
      this.#backstop = setTimeout(
        () => this.#fail('ERR_COMPILE', 'the Wasm module takes too long to prepare'),
        PREPARE_MS,
      );
      this.#post({ type: 'prepare', module: job.module });
      return;
    }
    resetRun(this.#mailbox);
    const { from, ...spec } = job.spec;
    this.#watch(spec.limits.wallTime + GRACE_MS, performance.now() + READY_MS);
    const remote = { ...spec, from: from.id };
    if (spec.version === undefined) {
      this.#post({ type: 'run', spec: remote, define: this.#remember(from) });
    } else {
      const { id, program, state } = from;
      const kept = state!;
      this.#post({ type: 'run', spec: remote, define: this.#remember({ id, program }), kept }, [kept.memory.buffer]);
    }
  }

  /** Ends the present run. */
  cancel(reason: Reason): void {
    if (this.#job?.type !== 'run') return;
    cancel(this.#mailbox, reason);
    clearTimeout(this.#backstop);
    this.#backstop = setTimeout(() => this.#tooLate(reason), GRACE_MS);
  }

  forget(id: number): void {
    if (!this.#known.delete(id)) return;
    this.#forgotten.push(id);
    if (this.#job === undefined) this.#sendForgotten();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
    this.#replies.close();
  }

  #post(message: ToWorker, transfer: readonly ArrayBufferLike[] = []): void {
    this.#sendForgotten();
    this.#worker.postMessage(message, transfer as ArrayBuffer[]);
  }

  #sendForgotten(): void {
    if (this.#forgotten.length === 0) return;
    const message: ToWorker = { type: 'forget', ids: this.#forgotten.splice(0) };
    this.#worker.postMessage(message);
  }

  /** @returns the start if the worker does not know it */
  #remember(start: Start): Start | undefined {
    const isKnown = this.#known.delete(start.id);
    this.#known.add(start.id);
    const [oldest] = this.#known;
    if (this.#known.size > MOST_STARTS) this.forget(oldest!);
    return isKnown ? undefined : start;
  }

  #heard(message: FromWorker): void {
    const job = this.#job;
    if (job === undefined) return;
    if (message.type === 'call') this.#answer(job as RunJob, message);
    else if (message.type === 'ran') this.#done(() => (job as RunJob).settle(message.outcome));
    else this.#done(() => (job as PrepareJob).settle(message.prepared ?? message.failure!));
  }

  #answer(job: RunJob, { length, request }: Extract<FromWorker, { type: 'call' }>): void {
    const call = ++this.#call;
    const reply = job.onHypercall(request ?? this.#mailbox.data.slice(0, length));
    const give = (segments: readonly Uint8Array[]) => {
      if (this.#job !== job || this.#call !== call) return;
      this.#setParked(false);
      answer(this.#mailbox, segments, this.#replies);
    };
    if (reply instanceof Promise) {
      this.#setParked(true);
      reply.then(give);
    } else give(reply);
  }

  #setParked(parked: boolean): void {
    if (this.#parked === parked) return;
    this.#parked = parked;
    this.#events.parked(this, parked);
  }

  #done(settle: () => void): void {
    clearTimeout(this.#backstop);
    this.#setParked(false);
    this.#job = undefined;
    this.#worker.unref();
    settle();
    if (!this.#ended) this.#events.idle(this);
  }

  /** Ends the run if its worker does not: `limit` after its clock started, or if it has not started by `ready`. */
  #watch(limit: number, ready: number, wait = limit): void {
    if (wait >= LONGEST_TIMER) return;
    this.#backstop = setTimeout(() => {
      const ran = runningFor(this.#mailbox);
      const over = ran === undefined ? performance.now() >= ready : ran >= limit;
      if (over) this.#tooLate('ERR_LIMIT_WALL_TIME');
      else this.#watch(limit, ready, Math.max(1, limit - (ran ?? 0)));
    }, wait);
  }

  #tooLate(reason: Reason): void {
    this.#fail(reason, '');
  }

  /** Gives up the worker, and fails its job. */
  #fail(code: Failure['code'], message: string): void {
    const job = this.#job;
    clearTimeout(this.#backstop);
    this.#ended = true;
    this.#job = undefined;
    this.#setParked(false);
    void this.end();
    this.#events.gone(this);
    if (job?.type === 'run') {
      const failure = { code, message, ...limitFailure(code, job.spec.limits, message) };
      job.settle({ failure, usage: NO_USAGE });
    }
    if (job?.type === 'prepare') job.settle({ code, message });
  }

  #died(error: Error & { code?: string }): void {
    if (this.#ended) return;
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      this.#fail('ERR_LIMIT_MEMORY', 'the host had no memory for the values that it builds');
    else this.#fail('ERR_INTERNAL', `a worker died: ${error.message}`);
  }

  #gone(): void {
    if (!this.#ended) this.#fail('ERR_INTERNAL', 'a worker ended by itself');
  }
}

/** Fails a job that no lane has. */
export function failed(job: Job, code: Failure['code'], message: string): void {
  if (job.type === 'run') job.settle({ failure: { code, message }, usage: NO_USAGE });
  else job.settle({ code, message });
}

export function isFailure(prepared: PreparedModule | Failure): prepared is Failure {
  return 'code' in prepared;
}

export function asError({ code, message, details }: Failure): ColonyError {
  return new ColonyError(code, message, details === undefined ? undefined : { details });
}
