/** The published suite, as any backend's author runs it. The hostile scenarios are in another file, to save time. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

describeKvm('conformance', () => conformance({ test: { describe, it }, backend: 'kvm', natives, hostile: false }));
