/** Proves that the suite can fail: the law of each fault catches its broken backend. */
import { backend } from '@colony/backend-kvm';
import { brokenBackends } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

describeKvm('the suite', () => brokenBackends({ test: { describe, it }, backend, natives }));
