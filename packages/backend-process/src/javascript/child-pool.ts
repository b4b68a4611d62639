/** Keeps children that run and have no program yet: starting Node takes long, so it happens before a caller needs it. */
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { ColonyError } from '@colony/core';
import { CrashLoopGuard } from '../children/crash-loop-guard.js';
import { Gate } from '../children/gate.js';
import type { NodeChild } from '../children/node-child.js';

export type Start = (memory: number, signal: AbortSignal) => Promise<NodeChild>;

export interface ChildPoolOptions {
  /** Starts a child with a memory limit in bytes; a signal ends it before it is up. */
  readonly start: Start;
  /** Children without a program that are kept, for the memory limit that was requested last. */
  readonly idleChildren: number;
  /** Most children at a time. */
  readonly max: number;
}

/** Any number of callers may listen to its signal: Node would warn of a leak from ten on. */
function newNeed(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export class ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #starts = new Gate(Math.max(2, availableParallelism()));
  readonly #guard = new CrashLoopGuard('child processes');
  readonly #all = new Set<NodeChild>();
  readonly #idle: NodeChild[] = [];
  #memory = 0;
  /** Number of children that are being started. */
  #coming = 0;
  #refilling = false;
  #users = 0;
  /** Aborted when the pool has no users any more: no caller needs the children that are being started. */
  #needed = newNeed();
  #started = 0;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
  }

  /** Numbers of children: alive, idle, started ever; and deaths in a row. */
  get counts(): { alive: number; idleChildren: number; started: number; deaths: number } {
    return {
      // A child that is being ended does not count.
      alive: [...this.#all].filter((child) => child.alive).length,
      idleChildren: this.#idle.length,
      started: this.#started,
      deaths: this.#guard.deaths,
    };
  }

  /** Adds a user, who may ask for children. Without users the pool keeps none. */
  use(): void {
    this.#users++;
  }

  unuse(): void {
    if (--this.#users > 0) return;
    for (const child of this.#idle.splice(0)) child.kill();
    this.#needed.abort(new ColonyError('ERR_DISPOSED', 'no context needs the child any more'));
    this.#needed = newNeed();
  }

  /** Takes a child for a program. @throws ColonyError ERR_BACKEND_UNAVAILABLE */
  async take(memory: number): Promise<NodeChild> {
    this.#memory = memory;
    const at = this.#idle.findIndex((child) => child.memory === memory && child.alive);
    const child = at < 0 ? await this.#start(memory) : this.#idle.splice(at, 1)[0]!;
    this.#refill();
    return child;
  }

  async #start(memory: number): Promise<NodeChild> {
    const { signal } = this.#needed;
    await this.#starts.enter(signal);
    try {
      this.#guard.check();
      this.#makeRoom();
      const child = await this.#guarded(memory, signal);
      this.#all.add(child);
      child.gone.then(() => this.#forget(child));
      return child;
    } finally {
      this.#starts.leave();
    }
  }

  async #guarded(memory: number, signal: AbortSignal): Promise<NodeChild> {
    this.#coming++;
    try {
      const child = await this.#options.start(memory, signal);
      this.#started++;
      this.#guard.succeeded();
      return child;
    } catch (error) {
      if (!signal.aborted) this.#guard.failed((error as Error).message);
      throw error;
    } finally {
      this.#coming--;
    }
  }

  #makeRoom(): void {
    if (this.#all.size + this.#coming < this.#options.max) return;
    const idle = this.#idle.shift();
    idle?.kill();
    if (idle !== undefined) return;
    throw new ColonyError(
      'ERR_BACKEND_UNAVAILABLE',
      `${this.#all.size} child processes are alive, which is the maximum: dispose of contexts, or raise pool.max`,
    );
  }

  #forget(child: NodeChild): void {
    this.#all.delete(child);
    const at = this.#idle.indexOf(child);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Starts missing idle children, one after the other, and only while no caller waits for a start. */
  #refill(): void {
    this.#dropOthers();
    const wanted = this.#users > 0 && this.#idle.length < this.#options.idleChildren;
    if (!wanted || this.#refilling || this.#guard.closed || this.#starts.waiting > 0) return;
    this.#refilling = true;
    this.#start(this.#memory).then(
      (child) => {
        this.#refilling = false;
        if (this.#users > 0) this.#idle.push(child);
        else child.kill();
        this.#refill();
      },
      () => {
        this.#refilling = false;
      },
    );
  }

  /** Ends idle children of a memory limit that is no longer asked for. */
  #dropOthers(): void {
    for (const child of this.#idle.filter(({ memory }) => memory !== this.#memory)) {
      this.#idle.splice(this.#idle.indexOf(child), 1);
      child.kill();
    }
  }

  /** Ends all children, those that serve too; resolves when they are gone. */
  async end(): Promise<void> {
    this.#users = 1;
    this.unuse();
    const all = [...this.#all];
    for (const child of all) child.kill();
    await Promise.all(all.map((child) => child.gone));
  }
}
