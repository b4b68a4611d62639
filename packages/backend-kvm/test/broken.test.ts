/** The suite is proved able to fail: each broken backend is caught by the law that names its fault. */
import { backend } from '@colony/backend-kvm';
import { brokenBackends } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

describeKvm('the suite', () => brokenBackends({ test: { describe, it }, backend, natives }));
