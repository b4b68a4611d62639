/** The published suite's hostile scenarios: each in a process of its own, never retried. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';

conformance({ test: { describe, it }, backend: 'wasm', filter: () => false });
