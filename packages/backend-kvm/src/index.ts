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

/** Functions that make and read images for this backend. */
export {
  buildC,
  buildWasmImage,
  type CBuild,
  type CBuildOptions,
  type ImageExport,
  type ImageInfo,
  type ImageNote,
  type ImageSection,
  type ImageSegment,
  type ImageSymbol,
  isElf,
  readImage,
  symbolAt,
  type WasmImageOptions,
} from '@colony/guest';
export { engineImagePath } from './state/start-state-cache.js';
