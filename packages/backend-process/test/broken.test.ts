/** Proves that the suite can fail: the law of each fault catches its broken backend. */
import { brokenBackends } from '@colony/conformance';
import { describe, it } from 'vitest';
import { backend } from '../dist/index.js';

brokenBackends({ test: { describe, it }, backend, runs: 25 });
