/** The lock file: its content is a list of policies that can be compared with others, or it is refused. */
import type { Policy } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { fileOf, type LockEntry } from '../src/lock/entry.js';
import { describeIncrease } from '../src/lock/explain.js';
import { grantIncreases } from '../src/lock/grant-increases.js';
import { readLock } from '../src/lock/lock.js';
import type { VirtineReport } from '../src/report/types.js';
import { jsonText, seedOf } from './lib/json.js';

const policy: Policy = {
  hypercalls: {
    save: { maxCalls: 2, maxRate: '5/min', args: [{ type: 'string' }, true] },
    load: { args: [{ oneOf: [1, 'a'] }] },
  },
  console: true,
  env: ['HOME'],
  fs: { read: ['/data'], write: [] },
  fetch: [{ origin: 'https://a.example', methods: ['GET'] }],
  limits: { memory: '32 MiB' },
};
const entry: LockEntry = {
  content: 'sha256-0',
  program: '00',
  policy: { console: true },
  shape: 'sha256-1',
  accepted: ['process'],
  packages: { left: ['1.0.0', '2.0.0'], '@a/b': ['no version'] },
};
const small: Pick<LockEntry, 'policy' | 'packages'> = {
  policy: { random: { seed: 1 } },
  packages: { left: ['1.0.0'], new: [] },
};
const lock = { format: 1, virtines: { 'src/a.ts#price': entry } };

/** The grants that a build compares with the lock. */
const wide: Policy = { ...policy, clock: true, env: ['HOME', 'PATH'], hypercalls: { save: true, other: true } };
const now: LockEntry = { ...entry, policy: wide, packages: { left: ['3.0.0'], new: ['1.0.0'] } };
const place = { file: 'src/a.ts', line: 1, column: 1 };
const chain = ['left', 'new', 'constructor'].map((name) => [
  { ...place, file: `node_modules/${name}/index.js`, name: 'f' },
]);
const report = {
  ...place,
  name: 'price',
  accepted: [{ subject: 'node:fs', chain: chain[0]! }],
  grants: chain.map((steps) => ({ grant: 'clock', what: 'clock', chain: steps })),
} as unknown as VirtineReport;

function read(input: Uint8Array): unknown {
  const text = jsonText(input);
  const entries = readLock(text, 'colony.lock.json');
  for (const [key, old] of entries) {
    if (typeof fileOf(key) !== 'string') throw new Error('a key of no file');
    const own = grantIncreases(old.policy, old.policy);
    if (own.length > 0) throw new Error('a policy is wider than itself');
    for (const wider of grantIncreases(old.policy, wide).slice(0, 3)) {
      const message = describeIncrease(report, wider, { old, entry: now, lock: 'colony.lock.json' });
      if (!message.includes('wider than colony.lock.json says')) throw new Error('it does not say what is wider');
    }
  }
  return entries;
}

const words = [
  ...[
    'format',
    'virtines',
    'content',
    'program',
    'policy',
    'packages',
    'shape',
    'accepted',
    'left',
    'new',
    'constructor',
    '__proto__',
    'src/a.ts#price',
    '#',
  ],
  ...[
    'hypercalls',
    'all',
    'inherit',
    'args',
    'equals',
    'pattern',
    'maxBytes',
    'lifetime',
    'snapshots',
    'isolation',
    '1 MiB',
    '1e999',
  ],
  ...['{"format":1,"virtines":{}}', '{', '"\\ud800"', '[[[['],
];

export const reader = (): Reader => ({
  name: 'lock',
  what: 'colony.lock.json, which comes with a checkout',
  seeds: [
    ...[lock, { format: 1, virtines: {} }, { format: 1, virtines: { 'a.ts#f': small } }],
    ...Object.entries(policy).map(([key, value]) => ({
      format: 1,
      virtines: { f: { policy: { [key]: value }, packages: {} } },
    })),
    JSON.stringify({ format: 1, virtines: { 'a.ts#f': small } }),
  ].map(seedOf),
  mutators: [cborMutator(words), cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_COMPILE', 'ERR_GUEST_PROTOCOL', 'ERR_LIMIT_OUTPUT'],
  planted: (_input, value) =>
    Array.isArray(value) &&
    value.some(
      ([key, old]) =>
        !key.startsWith('src') &&
        'save' in (old.policy.hypercalls ?? {}) &&
        old.policy.hypercalls.save !== true &&
        old.policy.hypercalls.save.maxCalls !== 2,
    ),
  allowance: 2 ** 20,
});
