/**
 * The published suite's hostile scenarios: each in a process of its own, some at a time, never retried. They take long on this backend: a
 * sixth of them here, all with `npm run hostile -w @colony/backend-wasm`.
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
