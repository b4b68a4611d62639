/** The backends that Colony has. This is the one list: a new one needs its package, and an entry here. */
import type { BackendModule } from '../backend.js';

/** In the order in which 'auto' tries them (see docs/internals/backends.md). */
export const BUILT_IN_BACKENDS = ['kvm', 'wasm', 'process'] as const;

export type BuiltInBackend = (typeof BUILT_IN_BACKENDS)[number];

/** Backends by name. A package that brings one adds its name by declaration merging. */
export interface BackendNames extends Record<BuiltInBackend, true> {}

/** What editors complete; any other name may have been registered. */
export type BackendName = keyof BackendNames | 'auto' | (string & Record<never, never>);

/**
 * Literal imports, within `try`: bundlers see them, and know that they may fail.
 * @param failed returns the error to throw for what importing threw
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
