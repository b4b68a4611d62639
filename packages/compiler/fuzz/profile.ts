/** The profile: numbers that limits are made from. */
import { DEFAULT_LIMITS } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { limitsFrom } from '../src/profile/limits.js';
import { parseProfile } from '../src/profile/profile.js';
import { jsonText, seedOf } from './lib/json.js';

const needed = {
  ...{
    calls: 3,
    backend: 'kvm',
    memory: 123_456,
    bytesIn: 100,
    bytesOut: 200,
    hypercalls: 1,
    pagesWritten: 5,
    cpuTime: 1.5,
  },
  wallTime: { p50: 1, p95: 2, p99: 2.5, max: 3 },
};
const words = [
  ...Object.keys(needed),
  ...Object.keys(needed.wallTime),
  'format',
  'virtines',
  'a.ts#f',
  '__proto__',
  'null',
  '{"format":1}',
];

function read(input: Uint8Array): unknown {
  const text = jsonText(input);
  const { virtines } = parseProfile(text, 'colony.profile.json');
  const all = Object.values(virtines).map((virtine) => limitsFrom(virtine, 'colony.profile.json'));
  for (const { limits, backend } of all) {
    if (typeof backend !== 'string') throw new Error('no backend');
    for (const [name, limit] of Object.entries(limits))
      if (!(name in DEFAULT_LIMITS) || !(Number.isSafeInteger(limit) && limit >= 0))
        throw new Error(`limits.${name}: ${limit}`);
  }
  return all;
}

export const reader = (): Reader => ({
  name: 'profile',
  what: 'colony.profile.json, which a profiled program writes',
  seeds: [
    { format: 1, virtines: { 'a.ts#f': needed, 'b.c#g': { ...needed, cpuTime: 0 } } },
    { format: 1, virtines: {} },
    JSON.stringify({ format: 1, virtines: { f: needed } }),
  ].map(seedOf),
  mutators: [cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_BAD_OPTION', 'ERR_GUEST_PROTOCOL', 'ERR_LIMIT_OUTPUT'],
  planted: (_input, value) => Array.isArray(value) && value.length > 0 && value[0].limits.memory > 2 ** 31,
});
