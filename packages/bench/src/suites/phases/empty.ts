/** A backend that does nothing: a call on it measures only Colony's own work. */
import type { Backend, BackendInstance, BackendModule, Capabilities, RunResult } from '@colony/core';
import { guestEncodeResult } from '@colony/core/frames';

const CAPABILITIES: Capabilities = {
  programs: ['js', 'native', 'wasm'],
  callSync: true,
  snapshot: false,
  snapshotFile: false,
  asyncHypercalls: true,
  keepState: false,
  limits: { memory: true, wallTime: true, cpuTime: true, output: true },
  boundary: 'none',
  mechanisms: [],
};

const USAGE = { wallTime: 0, cpuTime: 0, memory: 0, dirtyPages: 0 };

/** The result frame of a function that returns nothing. */
export const nothingFrame = () => new Uint8Array(guestEncodeResult([0, undefined]));

function emptyInstance(): BackendInstance {
  const frame = nothingFrame();
  // A private copy each time, as the backend contract demands.
  const result = (): RunResult => ({ output: frame.slice(), usage: USAGE });
  return {
    run: async () => result(),
    runSync: result,
    snapshot: () => Promise.reject(new Error('there is nothing to freeze')),
    reset: async () => {},
    dispose: async () => {},
    exports: ['nothing'],
  };
}

const backend: Backend = {
  name: 'empty',
  capabilities: CAPABILITIES,
  createInstance: async () => emptyInstance(),
  stats: () => ({}),
  dispose: async () => {},
};

export const empty: BackendModule = { name: 'empty', doctor: async () => [], open: async () => backend };
