/** The published suite's hostile scenarios: each in a process of its own, some at a time, never retried. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm } from './lib/kvm.js';

describeKvm('conformance', () =>
  conformance({ test: { describe, it: it.concurrent }, backend: 'kvm', filter: () => false }),
);
