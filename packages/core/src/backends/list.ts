/** The backends that Colony has. This is the only list: a new backend needs its package and an entry here. */
import type { BackendModule } from '../backend.js';

/** The order in which 'auto' tries them (see docs/internals/backends.md). */
export const BUILT_IN_BACKENDS = ['kvm', 'wasm', 'process'] as const;

export type BuiltInBackend = (typeof BUILT_IN_BACKENDS)[number];

/** Backends by name. A package that adds a backend adds its name by declaration merging. */
export interface BackendNames extends Record<BuiltInBackend, true> {}

/** The names that editors complete. Any other name may be registered too. */
export type BackendName = keyof BackendNames | 'auto' | (string & Record<never, never>);

/**
 * Imports with literal specifiers, within `try`: bundlers then see them and know that they may fail.
 * @param failed makes the error to throw from the error of the import
 */
export async function importBackend(name: BuiltInBackend, failed: (error: unknown) => Error): Promise<BackendModule> {
  try {
    switch (name) {
      case 'kvm':
        return (await import('@colony/backend-kvm')).backend;
      case 'wasm':
        return (await import('@colony/backend-wasm')).backend;
      case 'process':
        return (await import('@colony/backend-process')).backend;
    }
  } catch (error) {
    throw failed(error);
  }
}
