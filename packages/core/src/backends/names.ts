/** Names of backends, for types. */

/** Backends by name. A package that brings one adds its name by declaration merging. */
export interface BackendNames {
  kvm: true;
  wasm: true;
  process: true;
}

/** What editors complete; any other name may have been registered. */
export type BackendName = keyof BackendNames | 'auto' | (string & Record<never, never>);
