/** Backends with one fault each. A suite that passes one of them proves nothing. */
import type { Breakage } from './breakage.js';
import {
  changesValues,
  deliversTwice,
  followsLinks,
  losesErrors,
  mixesResults,
  replaysReplies,
  sharedOutput,
} from './delivery.js';
import {
  abandonsRuns,
  ignoresCpuTime,
  ignoresMemory,
  lateDeadline,
  noopDispose,
  swallowsAbort,
  wrongCode,
} from './enforcement.js';
import { blocksEventLoop, changesGlobals, leaksChildren, leaksDescriptors } from './host.js';
import { forgesMechanisms, weakerIsolation } from './isolation.js';
import {
  dropsAfterError,
  dropsKept,
  keepsAfterReset,
  leaksMemory,
  leaksState,
  leaksStateOfC,
  leaksStateOfWasm,
  sharesContexts,
  staleSnapshot,
} from './state.js';

export type { Breakage } from './breakage.js';

export const breakages: readonly Breakage[] = Object.freeze([
  leaksState,
  leaksStateOfC,
  leaksStateOfWasm,
  leaksMemory,
  sharesContexts,
  keepsAfterReset,
  dropsKept,
  dropsAfterError,
  staleSnapshot,
  lateDeadline,
  ignoresCpuTime,
  ignoresMemory,
  wrongCode,
  abandonsRuns,
  swallowsAbort,
  noopDispose,
  sharedOutput,
  mixesResults,
  deliversTwice,
  replaysReplies,
  losesErrors,
  changesValues,
  followsLinks,
  leaksDescriptors,
  leaksChildren,
  blocksEventLoop,
  changesGlobals,
  weakerIsolation,
  forgesMechanisms,
]);
