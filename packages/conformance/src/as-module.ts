import type { Backend, BackendModule } from '@colony/core';

/** An open backend as the module that would open it. */
export function asModule(backend: BackendModule | Backend): BackendModule {
  if ('open' in backend) return backend;
  return { name: backend.name, doctor: async () => [], open: async () => backend };
}
