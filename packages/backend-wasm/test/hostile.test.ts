/**
 * The published suite's hostile scenarios: each in its own process, some at a time, never retried. They take long on
 * this backend, so this runs a sixth of them; `npm run hostile -w @colony/backend-wasm` runs all.
 */
import { conformance, hostile } from '@colony/conformance';
import { describe, it } from 'vitest';

const all = process.env['COLONY_HOSTILE'] === 'all';

conformance({
  test: { describe, it: it.concurrent },
  backend: 'wasm',
  filter: () => false,
  scenarios: (scenario) => all || hostile.indexOf(scenario) % 6 === 0,
});
