/** Helpers of this package's tests. */
import { absent, type BackendName } from '@colony/matrix';
import { describe, it } from 'vitest';

/** A `describe` whose tests need a backend: one skip with the reason if it does not work here. */
export function describeOn(backend: BackendName, name: string, define: () => void): void {
  const reason = absent[backend];
  if (reason === undefined) describe(`${name} on ${backend}`, define);
  else describe(`${name} on ${backend}`, () => it(`needs ${backend}`, (context) => context.skip(reason)));
}
