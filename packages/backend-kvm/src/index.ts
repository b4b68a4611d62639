/**
 * KVM virtines: a hypervisor as a library inside the calling program.
 *
 * Used through `createContext({ backend: 'kvm' })` of `@colony/core`.
 */
import type { BackendModule } from '@colony/core';
import { KvmBackend } from './backend.js';
import { doctor } from './doctor.js';

export const backend: BackendModule = {
  name: 'kvm',
  doctor,
  async open(options) {
    return new KvmBackend(options);
  },
};

export { buildC, type CBuild, type CBuildOptions } from './images/c.js';
export * from './images/elf.js';
export { buildWasmImage, type WasmImageOptions } from './images/wasm.js';
export { engineImagePath } from './programs.js';
