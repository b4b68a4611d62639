/**
 * Workers for `call`. A guest that waits for a host function holds its worker, so there may be more workers than run
 * at a time: `threads` run, up to `max` exist, and further calls queue until one of them is free.
 */
import { availableParallelism } from 'node:os';
import { failed, type Job, Lane, type LaneEvents } from './lane.js';
import type { Reason } from './mailbox.js';

export interface PoolSizes {
  /** Workers that run guests at the same time. */
  readonly threads: number;
  /** Workers in all, those whose guests wait for a host function included. */
  readonly max: number;
  /** Idle workers that are kept. */
  readonly warm: number;
}

const DEFAULT_MAX = 64;
/** How long an idle worker beyond `warm` is kept. */
const IDLE_MS = 5000;

export function poolSizes({ threads, max, warm }: { [Size in keyof PoolSizes]?: number | undefined }): PoolSizes {
  const running = Math.min(threads ?? availableParallelism(), max ?? DEFAULT_MAX);
  return { threads: running, max: max ?? Math.max(DEFAULT_MAX, running), warm: warm ?? running };
}

export class Pool {
  readonly #sizes: PoolSizes;
  readonly #lanes = new Set<Lane>();
  /** The lane that became idle last is last. */
  readonly #idle: { readonly lane: Lane; readonly since: number }[] = [];
  readonly #queue: Job[] = [];
  readonly #at = new Map<Job, Lane>();
  #reaper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(sizes: PoolSizes) {
    this.#sizes = sizes;
  }

  get stats(): { workers: number; workersIdle: number; callsParked: number; callsQueued: number } {
    const parked = [...this.#lanes].filter((lane) => lane.parked).length;
    return {
      workers: this.#lanes.size,
      workersIdle: this.#idle.length,
      callsParked: parked,
      callsQueued: this.#queue.length,
    };
  }

  submit(job: Job): void {
    if (this.#closed) failed(job, 'ERR_DISPOSED', 'the backend was disposed');
    else {
      this.#queue.push(job);
      this.#next();
    }
  }

  /** Ends a job's run, or takes it out of the queue. */
  cancel(job: Job, reason: Reason): void {
    this.#at.get(job)?.cancel(reason);
    const index = this.#queue.indexOf(job);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    failed(job, reason, 'the call was ended before it began');
  }

  /** Nothing starts from there any more. */
  forget(id: number): void {
    for (const lane of this.#lanes) lane.forget(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reaper);
    for (const job of this.#queue.splice(0)) failed(job, 'ERR_DISPOSED', 'the backend was disposed');
    const running = [...this.#at.keys()];
    const lanes = [...this.#lanes];
    this.#lanes.clear();
    this.#at.clear();
    await Promise.all(lanes.map((lane) => lane.end()));
    for (const job of running) failed(job, 'ERR_DISPOSED', 'the backend was disposed');
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#running() < this.#sizes.threads) {
      const lane = this.#takeLane(this.#queue[0]!);
      if (lane === undefined) return;
      const job = this.#queue.shift()!;
      this.#at.set(job, lane);
      lane.start(job);
    }
  }

  #running(): number {
    let running = this.#lanes.size - this.#idle.length;
    for (const lane of this.#lanes) if (lane.parked) running--;
    return running;
  }

  /** Takes a lane that knows the start, else the most recently used one, else a new one. */
  #takeLane(job: Job): Lane | undefined {
    const { length } = this.#idle;
    if (length > 0) {
      const known = job.type === 'run' ? this.#idle.findLastIndex(({ lane }) => lane.knows(job.spec.from)) : -1;
      const [idle] = this.#idle.splice(known < 0 ? length - 1 : known, 1);
      return idle!.lane;
    }
    if (this.#lanes.size >= this.#sizes.max) return undefined;
    const lane = new Lane(this.#events);
    this.#lanes.add(lane);
    return lane;
  }

  readonly #events: LaneEvents = {
    parked: (_lane, parked) => {
      if (parked) this.#next();
    },
    idle: (lane) => {
      this.#leave(lane);
      this.#idle.push({ lane, since: performance.now() });
      this.#next();
      this.#reapLater();
    },
    gone: (lane) => {
      this.#leave(lane);
      this.#lanes.delete(lane);
      const index = this.#idle.findIndex((idle) => idle.lane === lane);
      if (index >= 0) this.#idle.splice(index, 1);
      // In a microtask, so that the failed call settles before another worker starts.
      queueMicrotask(() => this.#next());
    },
  };

  #leave(lane: Lane): void {
    for (const [job, at] of this.#at) if (at === lane) this.#at.delete(job);
  }

  #reapLater(): void {
    if (this.#reaper !== undefined || this.#idle.length <= this.#sizes.warm) return;
    this.#reaper = setTimeout(() => {
      this.#reaper = undefined;
      this.#reap();
    }, IDLE_MS);
    this.#reaper.unref();
  }

  #reap(): void {
    const now = performance.now();
    while (this.#idle.length > this.#sizes.warm && now - this.#idle[0]!.since >= IDLE_MS) {
      const { lane } = this.#idle.shift()!;
      this.#lanes.delete(lane);
      void lane.end();
    }
    this.#reapLater();
  }
}
