/** The published suite, for JavaScript; for C and Wasm see native-conformance.test.ts, for hostile scenarios hostile.test.ts. */
import { conformance } from '@colony/conformance';
import { describe, it } from 'vitest';

/** Each run of a property starts one Node process or several; COLONY_RUNS asks for more. */
const fewer = process.env['COLONY_RUNS'] === undefined ? { runs: 12 } : {};

describe('conformance', () =>
  conformance({
    test: { describe, it },
    backend: 'process',
    hostile: false,
    ...fewer,
    filter: ({ program = 'js', theme }) => program === 'js' && theme !== 'native',
  }));
