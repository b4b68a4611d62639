/** A program that was evaluated once, with children that evaluated it again and wait for a call. */
import { ColonyError, type RunLimits } from '@colony/core';
import { CrashLoopGuard } from '../children/crash-loop-guard.js';
import type { NodeChild } from '../children/node-child.js';
import type { ChildPool } from './child-pool.js';
import { evaluationError } from './evaluation-error.js';
import { type Journal, unrepeatable } from './journal.js';

export interface Origin {
  readonly loadFrame: Uint8Array;
  readonly limits: RunLimits;
  readonly journal: Journal;
  /** The first evaluation's result frame. Every other evaluation must give the same. */
  readonly result: Uint8Array;
  readonly exports: readonly string[];
}

export interface Dependencies {
  readonly pool: ChildPool;
  /** Spares for each memory limit that is in use. */
  readonly warm: number;
  /** Called for each spare that is kept. */
  readonly onKept: (program: Evaluated) => void;
}

/**
 * Milliseconds between taking a spare and starting another: starting a process blocks the event loop for some, and a short
 * call is over before.
 */
const REFILL_AFTER = 5;

/** Most spares with other memory limits that are kept besides. */
const OTHERS = 2;

interface Waiting {
  readonly memory: number;
  resolve(child: NodeChild): void;
  reject(error: unknown): void;
}

export class Evaluated {
  readonly origin: Origin;
  readonly #pool: ChildPool;
  readonly #warm: number;
  readonly #onKept: (self: Evaluated) => void;
  readonly #guard = new CrashLoopGuard('child processes that evaluated the program');
  #spares: NodeChild[] = [];
  readonly #waiting = new Set<Waiting>();
  /** Children that evaluate the program for later calls. */
  readonly #evaluating = new Set<NodeChild>();
  /** Number of children that are being made, by memory limit. */
  readonly #coming = new Map<number, number>();
  #users = 0;

  /** `first` is the child of the first evaluation; it serves the first call. */
  constructor(origin: Origin, first: NodeChild, { pool, warm, onKept }: Dependencies) {
    this.origin = origin;
    this.#pool = pool;
    this.#warm = warm;
    this.#onKept = onKept;
    this.#keep(first);
  }

  get exports(): readonly string[] {
    return this.origin.exports;
  }

  get spares(): number {
    return this.#spares.length;
  }

  use(): void {
    this.#users++;
  }

  /** Returns true for the last user; then its spares are ended. */
  unuse(): boolean {
    if (--this.#users > 0) return false;
    this.dropSpares();
    for (const child of this.#evaluating) child.kill();
    return true;
  }

  /** Ends the spares: other programs need the memory more. */
  dropSpares(): void {
    for (const child of this.#spares.splice(0)) child.kill();
  }

  /** Takes a child that has evaluated the program and served nothing. Rejects with the signal's reason. */
  async take(memory: number, signal: AbortSignal): Promise<NodeChild> {
    signal.throwIfAborted();
    this.#guard.check();
    // First handle exits of children that are queued in the event loop: a dead spare would fail the call.
    if (this.#spares.length > 0) await new Promise((resolve) => setImmediate(resolve));
    const spare = this.#spares.find((child) => child.memory === memory && child.alive);
    if (spare === undefined) return await this.#wait(memory, signal);
    this.#spares.splice(this.#spares.indexOf(spare), 1);
    setTimeout(() => this.#refill(memory), REFILL_AFTER).unref();
    return spare;
  }

  #wait(memory: number, signal: AbortSignal): Promise<NodeChild> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const settled = () => signal.removeEventListener('abort', leave);
      const waiting: Waiting = {
        memory,
        resolve(child) {
          settled();
          resolve(child);
        },
        reject(error) {
          settled();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', leave, { once: true });
      this.#refill(memory);
    });
  }

  #firstWaiting(memory: number): Waiting | undefined {
    for (const waiting of this.#waiting) {
      if (waiting.memory !== memory) continue;
      this.#waiting.delete(waiting);
      return waiting;
    }
    return undefined;
  }

  /** Makes as many children as callers wait for, and the missing spares. */
  #refill(memory: number): void {
    const waitedFor = [...this.#waiting].filter((waiting) => waiting.memory === memory).length;
    const spares = this.#spares.filter((child) => child.memory === memory).length;
    let missing = waitedFor + (this.#users > 0 ? this.#warm - spares : 0) - (this.#coming.get(memory) ?? 0);
    while (missing-- > 0 && !this.#guard.closed) this.#make(memory);
  }

  #make(memory: number): void {
    const change = (by: number) => this.#coming.set(memory, (this.#coming.get(memory) ?? 0) + by);
    change(1);
    this.#evaluate(memory).then(
      (child) => {
        change(-1);
        const waiting = this.#firstWaiting(memory);
        if (waiting !== undefined) waiting.resolve(child);
        else if (this.#users > 0) this.#keep(child);
        else child.kill();
      },
      (error) => {
        change(-1);
        this.#firstWaiting(memory)?.reject(error);
      },
    );
  }

  #keep(child: NodeChild): void {
    this.#spares.push(child);
    child.gone.then(() => {
      this.#spares = this.#spares.filter((spare) => spare !== child);
    });
    if (this.#spares.length > this.#warm + OTHERS) this.#spares.shift()!.kill();
    this.#onKept(this);
  }

  /** Evaluates the program again, as the first time. */
  async #evaluate(memory: number): Promise<NodeChild> {
    const { loadFrame, limits, journal, result } = this.origin;
    const child = await this.#pool.take(memory);
    this.#evaluating.add(child);
    try {
      const onHypercall = journal.replay((error) => child.kill(error));
      const { output } = await child.run({ input: [loadFrame], limits, onHypercall, signal: undefined });
      if (Buffer.compare(output, result) !== 0) throw unrepeatable('the result differs');
      this.#guard.succeeded();
      return child;
    } catch (thrown) {
      const error = evaluationError(thrown);
      child.kill();
      if (this.#users > 0) this.#guard.failed(ColonyError.is(error) ? error.message : String(error));
      throw error;
    } finally {
      this.#evaluating.delete(child);
    }
  }
}
