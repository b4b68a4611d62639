/** Computes calls a second per core and contexts per GiB, for a server and for a rack, from constants. */
import type { Measured } from './constants.js';

/** Microseconds that one call keeps a core busy, on a machine whose bare entry takes `entry` microseconds. */
export interface CallCost {
  /** Entry into the machine and exit from it. */
  readonly entry: number;
  /** Colony's own work, the guest's, and the reset: the time of a call here beyond a bare entry. */
  readonly work: number;
  /** Time of all its hypercalls. */
  readonly hypercalls: number;
  readonly total: number;
}

/**
 * @param entry microseconds of a bare entry on that machine; a hypercall pays it again, to leave and re-enter the
 * machine.
 * @param speed of a core there relative to a core here, for everything except entry and exit. Default 1.
 */
export function callCost(measured: Measured, entry: number, hypercalls = 0, speed = 1): CallCost {
  if (!(entry > 0) || !(speed > 0) || !(hypercalls >= 0))
    throw new Error('a bare entry above 0 us, a speed above 0 and no fewer than 0 hypercalls are needed');
  const work = Math.max(0, measured.callSync - measured.entry) / speed;
  const serving = Math.max(0, measured.hypercall - measured.hypercallEntry) / speed;
  const asked = hypercalls * (entry + serving);
  return { entry, work, hypercalls: asked, total: entry + work + asked };
}

/** Calls a second of one core that is loaded to the share `load`. */
export const callsPerSecond = (cost: CallCost, load = 1) => (load * 1e6) / cost.total;

const KIB_PER_GIB = 2 ** 20;

export const contextsPerGiB = (kib: number) => KIB_PER_GIB / kib;

export interface Server {
  readonly cores: number;
  /** GiB, and the share of it that contexts may use. */
  readonly memory: number;
  readonly share: number;
  readonly load: number;
  /** The most machines that may exist at a time. */
  readonly mostMachines: number;
}

export interface ServerCapacity {
  readonly callsPerSecond: number;
  readonly idleContexts: number;
  /** Contexts that wait for a host function at the same time, each in its own machine. */
  readonly waitingContexts: number;
  /** The resource that limits `waitingContexts`. */
  readonly bound: 'memory' | 'machines';
}

/** @param scaling the usable share of each further core. */
export function serverCapacity(
  server: Server,
  cost: CallCost,
  scaling: number,
  idleKiB: number,
  machineKiB: number,
): ServerCapacity {
  const gib = server.memory * server.share;
  const byMemory = gib * contextsPerGiB(machineKiB);
  return {
    callsPerSecond: callsPerSecond(cost, server.load) * (1 + (server.cores - 1) * scaling),
    idleContexts: gib * contextsPerGiB(idleKiB),
    waitingContexts: Math.min(byMemory, server.mostMachines),
    bound: byMemory < server.mostMachines ? 'memory' : 'machines',
  };
}
