/** The published suite's hostile scenarios: each in a process of its own, never retried. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';

describe('conformance', () => conformance({ test: { describe, it }, backend: 'process', filter: () => false }));
