/**
 * The published suite's hostile scenarios: each in a process of its own, never retried. They take long on this backend: a
 * sixth of them here, all with `npm run hostile -w @colony/backend-wasm`.
 */
import { conformance, hostile } from '@colony/conformance';
import { describe, it } from 'vitest';

const all = process.env['COLONY_HOSTILE'] === 'all';

conformance({
  test: { describe, it },
  backend: 'wasm',
  filter: () => false,
  scenarios: (scenario) => all || hostile.indexOf(scenario) % 6 === 0,
});
