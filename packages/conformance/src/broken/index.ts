/** Backends that are wrong in one way each. A suite that lets one pass proves nothing. */
import type { Breakage } from './breakage.js';
import { changesValues, deliversTwice, losesErrors, mixesResults, sharedOutput } from './delivery.js';
import { ignoresCpuTime, ignoresMemory, lateDeadline, noopDispose, swallowsAbort, wrongCode } from './enforcement.js';
import { blocksEventLoop, changesGlobals, leaksDescriptors } from './host.js';
import { dropsKept, keepsAfterReset, leaksMemory, leaksState, sharesContexts, staleSnapshot } from './state.js';

export type { Breakage } from './breakage.js';

export const breakages: readonly Breakage[] = Object.freeze([
  leaksState,
  leaksMemory,
  sharesContexts,
  keepsAfterReset,
  dropsKept,
  staleSnapshot,
  lateDeadline,
  ignoresCpuTime,
  ignoresMemory,
  wrongCode,
  swallowsAbort,
  noopDispose,
  sharedOutput,
  mixesResults,
  deliversTwice,
  losesErrors,
  changesValues,
  leaksDescriptors,
  blocksEventLoop,
  changesGlobals,
]);
