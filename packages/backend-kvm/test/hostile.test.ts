/** The published suite's hostile scenarios: each in a process of its own, never retried. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm } from './lib/kvm.js';

describeKvm('conformance', () => conformance({ test: { describe, it }, backend: 'kvm', filter: () => false }));
