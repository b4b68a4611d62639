/** The published suite, as any backend's author runs it. The hostile scenarios have a file of their own, for time. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';

describe('conformance', () => conformance({ test: { describe, it }, backend: 'process', hostile: false }));
