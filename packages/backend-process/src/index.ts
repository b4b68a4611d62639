/**
 * Process isolation for Colony: jailed child processes, and worker threads for comparison.
 *
 * Used through `createContext({ backend: 'process' })` of `@colony/core`.
 */
import type { BackendModule } from '@colony/core';
import { ProcessBackend, ThreadBackend } from './backend.js';
import { doctor, refuseRuntime } from './doctor.js';
import { probe } from './jail/index.js';
import { readOptions } from './options.js';

export const backend: BackendModule = {
  name: 'process',
  doctor,
  async open(backendOptions) {
    const options = readOptions(backendOptions);
    refuseRuntime();
    if (options.isolation === 'thread') return new ThreadBackend(options);
    const { applied } = await probe();
    return new ProcessBackend(options, applied);
  },
};
