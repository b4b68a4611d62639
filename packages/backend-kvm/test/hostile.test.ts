/** The published suite's hostile scenarios: each in its own process, some at a time, never retried. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm } from './lib/kvm.js';

describeKvm('conformance', () =>
  conformance({ test: { describe, it: it.concurrent }, backend: 'kvm', filter: () => false }),
);
