/** The published suite, as any backend's author runs it. The hostile scenarios are in another file, to save time. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';
import { natives } from './lib/wasm.js';

conformance({ test: { describe, it }, backend: 'wasm', natives, hostile: false });
