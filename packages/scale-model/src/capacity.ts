/** Calls a second per core, and contexts per GiB: from constants to what a server and a rack hold. */
import type { Measured } from './constants.js';

/** Microseconds that one call keeps a core busy, on a machine whose bare entry takes `entry` microseconds. */
export interface CallCost {
  /** Into the machine and out of it. */
  readonly entry: number;
  /** Colony's own work, the guest's, and the reset: what a call takes here beyond a bare entry. */
  readonly work: number;
  /** Of all its hypercalls. */
  readonly hypercalls: number;
  readonly total: number;
}

/**
 * @param entry microseconds of a bare entry there; a hypercall leaves the machine and comes back for as much.
 * @param speed of a core there to a core here, for everything that is not entry and exit. Default 1.
 */
export function callCost(measured: Measured, entry: number, hypercalls = 0, speed = 1): CallCost {
  if (!(entry > 0) || !(speed > 0) || !(hypercalls >= 0))
    throw new Error('a bare entry above 0 us, a speed above 0 and no fewer than 0 hypercalls are needed');
  const work = Math.max(0, measured.callSync - measured.entry) / speed;
  const serving = Math.max(0, measured.hypercall - measured.hypercallEntry) / speed;
  const asked = hypercalls * (entry + serving);
  return { entry, work, hypercalls: asked, total: entry + work + asked };
}

/** Calls a second that one core makes, of which the first `load` share is used. */
export const callsPerSecond = (cost: CallCost, load = 1) => (load * 1e6) / cost.total;

const KIB_PER_GIB = 2 ** 20;

export const contextsPerGiB = (kib: number) => KIB_PER_GIB / kib;

export interface Server {
  readonly cores: number;
  /** GiB, and the share of it that contexts may have. */
  readonly memory: number;
  readonly share: number;
  readonly load: number;
  /** Machines that may live at a time. */
  readonly mostMachines: number;
}

export interface ServerCapacity {
  readonly callsPerSecond: number;
  readonly idleContexts: number;
  /** Contexts that wait for a host function at the same time, each in a machine of its own. */
  readonly waitingContexts: number;
  /** What holds the last number down. */
  readonly bound: 'memory' | 'machines';
}

/** @param scaling share of each further core that is made use of. */
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
