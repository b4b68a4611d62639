/** The suite is proved able to fail: each broken backend is caught by the law that names its fault. */
import { brokenBackends } from '@colony/conformance';
import { describe, it } from 'vitest';
import { backend } from '../dist/index.js';

brokenBackends({ test: { describe, it }, backend, runs: 25 });
