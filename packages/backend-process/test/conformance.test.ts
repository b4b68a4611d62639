/** The published suite, for JavaScript; for C and Wasm see native-conformance.test.ts, for hostile scenarios hostile.test.ts. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';

describe('conformance', () =>
  conformance({
    test: { describe, it },
    backend: 'process',
    hostile: false,
    filter: ({ program = 'js', theme }) => program === 'js' && theme !== 'native',
  }));
