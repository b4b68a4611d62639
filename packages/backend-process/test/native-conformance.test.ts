/**
 * The published suite's laws for programs in machine code and in Wasm. The laws for JavaScript are in
 * conformance.test.ts.
 */
import { conformance, type Natives } from '@colony/conformance';
import { native } from '@colony/core';
import { probePath } from '@colony/guest/probes';
import { describe, it } from 'vitest';

const probe = (name: string) => native.c(probePath(name));

const natives = (): Natives => ({
  basic: probe('basic'),
  secrets: probe('secrets'),
  memory: probe('memory'),
  hypercalls: probe('hypercalls'),
});

describe('conformance', () =>
  conformance({
    test: { describe, it },
    backend: 'process',
    natives,
    hostile: false,
    filter: (law) => law.program === 'native' || law.program === 'wasm' || law.theme === 'native',
  }));
