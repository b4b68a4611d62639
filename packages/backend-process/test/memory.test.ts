/** However a Node program runs out of memory, its call ends with the limit's code, and not as a crash. */
import { fails } from '@colony/conformance';
import { js } from '@colony/core';
import { describe, it } from 'vitest';
import { contexts } from './lib/contexts.js';

const WAYS = {
  'buffers of 64 KiB': 'for (;;) kept.push(new Uint8Array(65536).fill(1));',
  // V8 wrote to address 0 after these: it does not check malloc's result for its own records.
  'buffers of 100 bytes': 'for (;;) kept.push(new Uint8Array(100).fill(1));',
  'buffers that grow': 'for (let n = 1; ; n *= 2) kept.push(new Uint8Array(n).fill(1));',
  'buffers whose errors are caught': 'for (;;) try { kept.push(new Uint8Array(65536).fill(1)); } catch {}',
  objects: 'for (;;) kept.push([1, {}]);',
  strings: "for (let i = 0; ; i++) kept.push(String(i).padStart(1000, 'x').toUpperCase());",
  'a large array': 'for (;;) kept.push(new Array(1e6).fill(0.5));',
  'promises that wait': 'for (;;) kept.push(new Promise(() => {}));',
} as const;

const program = js(
  Object.values(WAYS)
    .map((body, index) => `export function way${index}() { const kept = []; ${body} }`)
    .join('\n'),
);

describe('without memory', () => {
  const create = contexts({ program, policy: { limits: { wallTime: '2 min', cpuTime: '2 min' } } });

  for (const [index, name] of Object.keys(WAYS).entries()) {
    it(`is ended with the limit's error: ${name}`, async () => {
      const context = await create({});
      await fails('ERR_LIMIT_MEMORY', () => context.call(`way${index}`));
    });
  }
});
