/**
 * Simulates a pool of shells under arrivals, by discrete events. A call takes an idle shell or makes one, on its own
 * path. It works on a core, may wait for a host function, holding its shell but no core, and is answered. The core then
 * cleans the shell, which returns to the pool, or is destroyed if the pool is full. Cores serve first come, first
 * served.
 */

import { randomSource } from '@colony/bench/figures';
import { quantileSorted } from 'simple-statistics';
import { Agenda } from './agenda.js';
import { exponential } from './trace.js';

/** Times in seconds. */
export interface World {
  /** Arrival times of calls, ascending. */
  readonly arrivals: readonly number[];
  readonly cores: number;
  /** The most idle shells that are kept; as many exist at the start. */
  readonly pool: number;
  readonly call: number;
  /** Distribution of a call's time on a core: fixed, or exponential with that mean. */
  readonly service: 'fixed' | 'exponential';
  /** Time to make a shell, on the path of the call that needs it. */
  readonly create: number;
  /** Time to clean a shell: after the answer, before the core is free. */
  readonly clean: number;
  /** Mean wait for a host function in the middle of the call (exponential), without a core; 0: no wait. */
  readonly wait: number;
  /** Seed of service times and waits. */
  readonly seed: number;
}

export interface Outcome {
  readonly calls: number;
  /** Calls that found no idle shell. */
  readonly cold: number;
  /** Seconds from arrival to answer, minus the call's own wait for a host function: the time that the machine adds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Mean seconds before a core starts a call. */
  readonly meanWait: number;
  /** The most shells that existed at once, idle ones included. */
  readonly peakShells: number;
  readonly meanShells: number;
  /** Share of the cores' time in use. */
  readonly utilization: number;
}

interface Call {
  readonly arrived: number;
  /** Seconds on a core before the call waits for a host function (or ends, if it does not wait), and after. */
  work: number;
  after: number;
  waits: boolean;
  /** Seconds of waiting for a host function. */
  waited: number;
  begun: boolean;
}

type Event = { readonly kind: 'arrives' | 'returns' | 'worked'; readonly call: Call } | { readonly kind: 'cleaned' };

class Simulation {
  readonly #agenda = new Agenda<Event>();
  readonly #queue: Call[] = [];
  readonly #latencies: number[] = [];
  readonly #random: () => number;
  readonly #world: World;
  #arrivals = 0;
  #head = 0;
  #busy = 0;
  #idle: number;
  #shells: number;
  #peak: number;
  #cold = 0;
  #waited = 0;
  #shellSeconds = 0;
  #busySeconds = 0;
  #now = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = randomSource(world.seed);
    this.#idle = world.pool;
    this.#shells = world.pool;
    this.#peak = world.pool;
  }

  run(): Outcome {
    this.#planArrival();
    for (let event = this.#agenda.next(); event !== undefined; event = this.#agenda.next()) {
      this.#advance(event.at);
      this.#happen(event.what);
      this.#dispatch();
    }
    return this.#outcome();
  }

  /** Plans only the next arrival, so that the agenda stays short. */
  #planArrival(): void {
    const { arrivals, call, wait } = this.#world;
    const arrived = arrivals[this.#arrivals++];
    if (arrived === undefined) return;
    this.#agenda.plan(arrived, {
      kind: 'arrives',
      call: { arrived, work: call, after: 0, waits: wait > 0, waited: 0, begun: false },
    });
  }

  #advance(at: number): void {
    this.#shellSeconds += this.#shells * (at - this.#now);
    this.#busySeconds += this.#busy * (at - this.#now);
    this.#now = at;
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case 'arrives':
        this.#planArrival();
        this.#arrive(event.call);
        break;
      case 'returns':
        this.#queue.push(event.call);
        break;
      case 'worked':
        this.#worked(event.call);
        break;
      case 'cleaned':
        this.#busy--;
        if (this.#idle < this.#world.pool) this.#idle++;
        else this.#shells--;
    }
  }

  #arrive(call: Call): void {
    const { service, create } = this.#world;
    if (service === 'exponential') call.work = exponential(this.#random, call.work);
    if (call.waits) call.after = call.work /= 2;
    if (this.#idle > 0) {
      this.#idle--;
    } else {
      this.#cold++;
      this.#shells++;
      this.#peak = Math.max(this.#peak, this.#shells);
      call.work += create;
    }
    this.#queue.push(call);
  }

  #worked(call: Call): void {
    const { wait, clean } = this.#world;
    if (call.waits) {
      this.#busy--;
      call.waits = false;
      call.work = call.after;
      call.waited = exponential(this.#random, wait);
      this.#agenda.plan(this.#now + call.waited, { kind: 'returns', call });
      return;
    }
    this.#latencies.push(this.#now - call.arrived - call.waited);
    this.#agenda.plan(this.#now + clean, { kind: 'cleaned' });
  }

  #dispatch(): void {
    while (this.#busy < this.#world.cores && this.#head < this.#queue.length) {
      const call = this.#queue[this.#head++]!;
      if (!call.begun) this.#waited += this.#now - call.arrived;
      call.begun = true;
      this.#busy++;
      this.#agenda.plan(this.#now + call.work, { kind: 'worked', call });
    }
  }

  #outcome(): Outcome {
    const ordered = this.#latencies.sort((a, b) => a - b);
    const calls = ordered.length;
    const at = (share: number) => (calls === 0 ? 0 : quantileSorted(ordered, share));
    const seconds = Math.max(this.#now, Number.MIN_VALUE);
    return {
      ...{ calls, cold: this.#cold, p50: at(0.5), p99: at(0.99), p999: at(0.999) },
      ...{ meanWait: calls === 0 ? 0 : this.#waited / calls, peakShells: this.#peak },
      meanShells: this.#shellSeconds / seconds,
      utilization: this.#busySeconds / seconds / this.#world.cores,
    };
  }
}

/** @throws Error for an invalid world */
export function simulate(world: World): Outcome {
  if (!Number.isInteger(world.cores) || world.cores < 1) throw new Error('cores: an integer from 1 is needed');
  if (!Number.isInteger(world.pool) || world.pool < 0) throw new Error('pool: an integer from 0 is needed');
  for (const key of ['call', 'create', 'clean', 'wait'] as const)
    if (!(world[key] >= 0 && world[key] < Number.POSITIVE_INFINITY))
      throw new Error(`${key}: seconds are needed, 0 or more`);
  return new Simulation(world).run();
}
