/** Reads a jail's report: exactly the mechanisms that the report names count as applied. */
import { MECHANISMS } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { parseReport, seenInside } from '../src/jail/report.js';

const full = [
  'root-others=0',
  'root-writable=0',
  'no-new-privileges=1',
  'capabilities=0',
  'seccomp=2',
  'landlock=3',
  'limit-core=0',
  'limit-file-size=0',
  'limit-memory=100',
  'environment=1',
  'other-descriptors=0',
  'parent-death-signal=9',
];
const asked = { limits: new Map([['memory', 100]]), variables: 1 };
const text = new TextDecoder();

function read(input: Uint8Array): unknown {
  const report = parseReport(text.decode(input));
  const seen = seenInside(report, asked);
  if (!seen.every((name) => MECHANISMS.includes(name)) || new Set(seen).size !== seen.length)
    throw new Error('an unknown mechanism');
  if (seen.includes('rlimits') && !(Number(report.get('limit-memory')) <= 100))
    throw new Error('a limit that does not hold');
  return { report, seen };
}

export const reader = (): Reader => ({
  name: 'jail-report',
  what: "a jail's report of itself",
  seeds: [full.join('\n'), full.slice(0, 3).join('\n'), 'seccomp=2'].map((text) => new TextEncoder().encode(text)),
  mutators: [bytesMutator([...full, '\n', '=', '__proto__', '-1', 'NaN', '1e-9', 'Infinity', ' '])],
  read,
  refusals: [],
  planted: (_input, value) =>
    (value as { seen: string[] }).seen.length === 9 && (value as { report: Map<string, string> }).report.size > 12,
});
