/** Serves a guest's hypercalls, and ends its run when a limit is reached. */
import type { RunLimits } from '@colony/core';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { threadCpu } from './cpu-clock.js';

/** The part that differs between a worker and the caller's thread. */
export interface ThreadIo {
  /** Sends a request and waits for the reply, until `deadline` (by `performance.now()`) at most. @throws RunEnd */
  hypercall(request: Uint8Array, deadline: number): Uint8Array;
  /** @throws RunEnd if the run was cancelled from outside */
  checkCancelled(): void;
  /** Reports that the run's clock starts. */
  began(): void;
}

/** The least time between two reads of the thread's clock, which is a file; shorter runs never read it. */
const CPU_LOOK_MS = 2;

/** One run's clock, in milliseconds. */
interface Run {
  readonly limits: RunLimits;
  readonly started: number;
  readonly wallEnd: number;
  /** Time spent in host functions. */
  parked: number;
  nextCpuLook: number;
  /** The thread's own clock when the run began. The first read sets it, and counts all time until then as CPU time. */
  cpuAtStart: number | undefined;
}

function newRun(limits: RunLimits): Run {
  const started = performance.now();
  const { wallTime, cpuTime } = limits;
  return {
    limits,
    started,
    wallEnd: started + wallTime,
    parked: 0,
    nextCpuLook: started + Math.min(cpuTime, CPU_LOOK_MS),
    cpuAtStart: undefined,
  };
}

export class ThreadHost implements GuestHost {
  readonly #io: ThreadIo;
  /** A host function may run another guest in the same thread. */
  readonly #outer: Run[] = [];
  #run!: Run;

  constructor(io: ThreadIo) {
    this.#io = io;
  }

  get limits(): RunLimits {
    return this.#run.limits;
  }

  /** Sets the limits. The run's own clock starts with `start`. */
  begin(limits: RunLimits): void {
    if (this.#run !== undefined) this.#outer.push(this.#run);
    this.#run = newRun(limits);
  }

  /** Starts the run's clock. */
  start(): void {
    this.#run = newRun(this.#run.limits);
    this.#io.began();
  }

  /** @returns milliseconds since the run began, with and without the time in host functions */
  end(): { wallTime: number; cpuTime: number } {
    const { started, parked } = this.#run;
    const wallTime = performance.now() - started;
    const outer = this.#outer.pop();
    if (outer !== undefined) this.#run = outer;
    return { wallTime, cpuTime: Math.max(0, wallTime - parked) };
  }

  hypercall(request: Uint8Array): Uint8Array {
    const run = this.#run;
    if (request.length > run.limits.output) throw new RunEnd('ERR_LIMIT_OUTPUT', `a request of ${request.length}`);
    this.interrupt();
    const from = performance.now();
    const reply = this.#io.hypercall(request, run.wallEnd);
    const took = performance.now() - from;
    run.parked += took;
    run.nextCpuLook += took;
    return reply;
  }

  interrupt(): void {
    this.#io.checkCancelled();
    const now = performance.now();
    if (now >= this.#run.wallEnd) throw new RunEnd('ERR_LIMIT_WALL_TIME', '');
    if (now >= this.#run.nextCpuLook) this.#checkCpu(now);
  }

  /**
   * CPU time passes no faster than time that is not spent waiting. So the thread's clock is read once in the beginning, and
   * again only when the rest of the time may have passed. If there is such a clock, it decides.
   */
  #checkCpu(now: number): void {
    const run = this.#run;
    const upper = now - run.started - run.parked;
    const clock = threadCpu();
    if (clock !== undefined) run.cpuAtStart ??= clock - upper;
    const used = clock === undefined ? upper : clock - run.cpuAtStart!;
    const left = run.limits.cpuTime - used;
    if (left <= 0) throw new RunEnd('ERR_LIMIT_CPU_TIME', '');
    run.nextCpuLook = now + Math.max(CPU_LOOK_MS, left);
  }
}
