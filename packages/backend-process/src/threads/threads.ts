/** Worker threads by memory limit: a limit is given to a thread when it is made. */
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';
import { Piscina } from 'piscina';
import { NodeChild } from '../children/node-child.js';
import { threadBody } from './body.js';

const MIB = 2 ** 20;

/** V8's heap in a thread before the guest has anything in it. */
const ENGINE_HEAP = 6 * MIB;

/**
 * Memory for new objects, in MiB. A thread at its limit has 16 MiB more to end in (Node's own figure), and a collection may
 * move all new objects at once: V8's usual 48 MiB were too much at times, and then the whole process is aborted.
 */
const YOUNG = 6;

const BOOT_TIME = 20_000;

/** Memory limits whose threads are kept. */
const MOST_LIMITS = 4;

/** Milliseconds that a thread without a task stays. */
const IDLE_TIME = 200;

const filename = fileURLToPath(new URL('../inside/worker.cjs', import.meta.url));

export class Threads {
  readonly #max: number;
  readonly #pools = new LRUCache<number, Piscina>({ max: MOST_LIMITS, dispose: (pool) => this.#leave(pool) });
  /** Includes pools that get no more tasks, and end with their last one. */
  readonly #all = new Set<Piscina>();

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    let sum = 0;
    for (const pool of this.#all) sum += pool.threads.length;
    return sum;
  }

  async start(memory: number, signal: AbortSignal): Promise<NodeChild> {
    const child = new NodeChild(threadBody(this.#pool(memory)), memory);
    await child.ready(BOOT_TIME, signal);
    return child;
  }

  #pool(memory: number): Piscina {
    let pool = this.#pools.get(memory);
    if (pool === undefined) {
      const heap = Math.ceil((memory + ENGINE_HEAP) / MIB);
      pool = new Piscina({
        filename,
        minThreads: 0,
        maxThreads: this.#max,
        idleTimeout: IDLE_TIME,
        execArgv: ['--no-warnings', '--experimental-vm-modules', '--expose-internals', '--unhandled-rejections=none'],
        env: { TZ: 'UTC' },
        ...(memory === Number.POSITIVE_INFINITY
          ? {}
          : { resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: YOUNG } }),
      });
      // Errors of threads that die while they serve nothing: the pool makes the next one when it is needed.
      pool.on('error', () => {});
      this.#all.add(pool);
      this.#pools.set(memory, pool);
    }
    return pool;
  }

  #leave(pool: Piscina): void {
    const gone = () => void this.#all.delete(pool);
    pool.close().then(gone, gone);
  }

  /** Ends all threads. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((pool) => pool.destroy()));
    this.#all.clear();
  }
}
