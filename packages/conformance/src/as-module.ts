import type { Backend, BackendModule } from '@colony/core';

/** Wraps an open backend as a module whose `open` returns it. */
export function asModule(backend: BackendModule | Backend): BackendModule {
  if ('open' in backend) return backend;
  return { name: backend.name, doctor: async () => [], open: async () => backend };
}
