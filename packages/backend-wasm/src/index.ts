/**
 * WebAssembly isolation: modules, components, JavaScript and C, wherever Node.js runs.
 *
 * Used through `createContext({ backend: 'wasm' })` of `@colony/core`.
 */
import type { BackendModule } from '@colony/core';
import { WasmBackend } from './backend.js';
import { doctor } from './doctor.js';

export const backend: BackendModule = {
  name: 'wasm',
  doctor,
  async open(options) {
    return new WasmBackend(options);
  },
};
