/** Runs guests in one thread: a worker's, or the caller's own. */
import type { RunLimits, RunUsage } from '@colony/core';
import type { Guest, GuestState } from '../guest/guest.js';
import { RunEnd } from '../guest/host.js';
import { type Failure, failure } from './failure.js';
import { makeGuest } from './make-guest.js';
import type { PreparedProgram } from './program.js';
import { ThreadHost, type ThreadIo } from './thread-host.js';

/** The start of runs: a program and its state. Without a state, runs start at the program's own beginning. */
export interface Start {
  /** Unique in this process. Kept state has an id, too. */
  readonly id: number;
  readonly program: PreparedProgram;
  readonly state?: GuestState | undefined;
}

/** One run. */
export interface RunSpec {
  readonly from: Start;
  /**
   * For kept state, which goes on from run to run: the number of runs that succeeded, so that a thread knows whether its
   * guest is up to date. The one run that has the memory writes it in place.
   */
  readonly version?: number | undefined;
  /** Absent if only the start itself is wanted. */
  readonly input?: Uint8Array | undefined;
  readonly limits: RunLimits;
  /** Return the state after the run; kept state always does. */
  readonly freeze?: boolean;
}

export interface Outcome {
  readonly output?: Uint8Array | undefined;
  readonly failure?: Failure;
  readonly state?: GuestState;
  readonly usage: RunUsage;
}

/** A guest between two runs. */
interface Idle {
  readonly id: number;
  readonly guest: Guest;
  /** The state to restore before the next use; undefined if the guest is in it already. */
  readonly behind: GuestState | undefined;
  /** The version of kept state. */
  readonly version: number | undefined;
}

/** Most guests that a thread keeps for later, and most bytes that they hold together. */
const MOST_GUESTS = 64;
const MOST_BYTES = 192 * 2 ** 20;

export class Thread {
  readonly #host: ThreadHost;
  /** The most recently used guest is last. */
  readonly #idle: Idle[] = [];
  #bytes = 0;

  constructor(io: ThreadIo) {
    this.#host = new ThreadHost(io);
  }

  run(spec: RunSpec): Outcome {
    this.#host.begin(spec.limits);
    let guest: Guest | undefined;
    let result: Omit<Outcome, 'usage'>;
    try {
      // Getting a guest ready is the host's time, except for a program's own beginning.
      const { state } = spec.from;
      checkMemory(state?.memory.length ?? 0, spec.limits);
      const own = state === undefined;
      if (own) this.#host.start();
      guest = this.#guest(spec);
      if (!own) this.#host.start();
      checkMemory(guest.memory, spec.limits);
      const output = spec.input === undefined ? undefined : guest.serve(spec.input);
      result = { output, ...this.#after(spec, guest) };
    } catch (error) {
      result = { failure: failure(error, spec.limits) };
    }
    const usage = { ...this.#host.end(), memory: guest?.memory ?? 0, dirtyPages: guest?.dirtyPages ?? 0 };
    if (guest !== undefined) this.#putAway(spec, guest, result.failure === undefined);
    return { ...result, usage };
  }

  /** Restores the most recently used guest while no call waits for it. */
  tidy(): void {
    const last = this.#idle.at(-1);
    if (last?.behind === undefined) return;
    this.#take(this.#idle.length - 1);
    if (last.guest.restore?.(last.behind)) this.#keep({ ...last, behind: undefined });
  }

  /** Drops the guests of a start: its kept state is over, or nothing starts from there any more. */
  forget(id: number): void {
    for (let i = this.#idle.length - 1; i >= 0; i--) if (this.#idle[i]!.id === id) this.#take(i);
  }

  #guest({ from, version }: RunSpec): Guest {
    const index = this.#idle.findLastIndex(({ id }) => id === from.id);
    if (index < 0) return makeGuest(from.program, this.#host, from.state);
    const idle = this.#take(index);
    const behind = idle.version === version ? idle.behind : from.state;
    if (behind === undefined || idle.guest.restore?.(behind)) return idle.guest;
    return makeGuest(from.program, this.#host, from.state);
  }

  #after({ from, version, freeze }: RunSpec, guest: Guest): { state?: GuestState } {
    if (version !== undefined) return { state: guest.save!(from.state!) };
    return freeze ? { state: guest.freeze!() } : {};
  }

  #putAway({ from, version, freeze }: RunSpec, guest: Guest, ok: boolean): void {
    const { id, state } = from;
    if (state === undefined || freeze || guest.restore === undefined) return;
    if (version === undefined) this.#keep({ id, guest, behind: state, version });
    else if (ok) this.#keep({ id, guest, behind: undefined, version: version + 1 });
  }

  #keep(idle: Idle): void {
    this.#idle.push(idle);
    this.#bytes += idle.guest.memory;
    while (this.#idle.length > MOST_GUESTS || (this.#bytes > MOST_BYTES && this.#idle.length > 1)) this.#take(0);
  }

  #take(index: number): Idle {
    const [idle] = this.#idle.splice(index, 1);
    this.#bytes -= idle!.guest.memory;
    return idle!;
  }
}

/** Checks the limit before a state takes its memory, and again when the guest has taken more. */
function checkMemory(bytes: number, { memory }: RunLimits): void {
  if (bytes > memory) throw new RunEnd('ERR_LIMIT_MEMORY', `its state alone holds ${bytes}`);
}
