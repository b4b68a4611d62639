/**
 * Fuzzes the policy reader: it accepts plain data or throws ERR_BAD_POLICY, and a child never allows a request that its
 * parent refuses.
 */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { clockSection } from '../src/capabilities/clock.js';
import { mostFileBytes } from '../src/capabilities/fs.js';
import { ColonyError } from '../src/errors.js';
import { type CompiledPolicy, compilePolicy } from '../src/policy/compile.js';
import { decide, Usage } from '../src/policy/decide.js';
import { narrow, pure } from '../src/policy/presets.js';
import type { Policy } from '../src/policy/types.js';
import { concat, DEFAULT_CODEC_LIMITS, decode, encode } from '../src/wire/codec/public.js';

/** One section each. An input of many would be long to read, and a fault in any one of them would refuse it. */
const sections: readonly Policy[] = [
  {
    hypercalls: {
      save: { maxCalls: 2, maxBytes: '1 MiB', maxRate: '5/min', args: [{ type: 'string', maxLength: 9 }, true] },
    },
  },
  {
    hypercalls: {
      load: { once: true, args: [{ oneOf: [1, 'a', null] }, { min: 1, max: 5 }, { prefix: 'p' }] },
      free: true,
    },
  },
  { hypercalls: { equal: { lifetime: { maxCalls: 9, maxBytes: 99 }, args: [{ equals: 'a' }] } } },
  { hypercalls: { equal: { args: [{ pattern: '[a-z]+' }] } } },
  { console: true, clock: { fixed: '2000-01-01' }, random: { seed: 'colony' } },
  { env: ['HOME', 'PATH'], clock: true },
  { fs: { read: ['/data', '/data/in'], write: ['/out/'], maxBytes: '2 MiB' } },
  { fetch: [{ origin: 'https://a.example', methods: ['GET', 'post'] }] },
  { limits: { memory: '32 MiB', wallTime: '50 ms', hypercalls: 3, bytesIn: 1000 }, random: true },
  { isolation: { boundary: ['wasm', 'process'], mechanisms: ['seccomp'], limits: ['memory'] } },
  { snapshots: { signedBy: [`ed25519:${'A'.repeat(43)}`] } },
];

const seeds: readonly (readonly [unknown, unknown])[] = [
  ...sections.map((section) => [section, section] as const),
  ...sections.map((section) => [section, { inherit: true }] as const),
  [{ all: [sections[4], { inherit: true, clock: true }, { all: [{ inherit: true, console: false }] }] }, pure],
  [
    { console: true, hypercalls: { free: true } },
    { console: true, hypercalls: { free: { maxCalls: 0 } } },
  ],
  [sections[5], { all: [] }],
  [sections[6], { inherit: true, fs: { read: ['/data/in'] } }],
];

/** Requests of every kind. The seeds allow some of each. */
const requests: readonly (readonly [string, readonly unknown[]])[] = [
  ['save', ['text', 1]],
  ['save', [5]],
  ['load', ['a', 3, 'pq']],
  ['free', []],
  ['equal', ['a']],
  ['then', []],
  ['__proto__', []],
  ['colony:console', ['log', 'x']],
  ['colony:clock', ['wall']],
  ['colony:random', [4]],
  ['colony:env', ['HOME']],
  ['colony:env', ['PATH']],
  ['colony:fs.read', ['/data/in/a']],
  ['colony:fs.read', ['/data/../etc/passwd']],
  ['colony:fs.write', ['/out/a']],
  ['colony:fetch', [{ url: 'https://a.example/x', method: 'GET' }]],
  ['colony:fetch', [{ url: 'http://localhost:8080', method: 'POST' }]],
  ['colony:nothing', []],
];

const fileBytes = ({ layers }: CompiledPolicy) => mostFileBytes(layers.map(({ fs }) => fs));

const allows = (policy: CompiledPolicy) => (request: (typeof requests)[number]) => {
  const [name, args] = request;
  const decision = decide({ policy, call: new Usage(), lifetimeUsage: new Usage() }, { name, args, bytes: 10, now: 0 });
  if (!decision.allow && (typeof decision.reason !== 'string' || decision.reason === '')) throw new Error('no reason');
  return decision.allow;
};

/** Interprets some words in keys: they turn the property into one that plain data does not have. */
function dressed(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value !== 'object' || value === null || seen.has(value)) return value;
  seen.add(value);
  for (const [key, property] of Object.entries(value)) {
    const [trick, name] = key.split('!', 2);
    const inner = dressed(property, seen);
    if (name === undefined) continue;
    Reflect.deleteProperty(value, key);
    if (trick === 'get') Object.defineProperty(value, name, { get: () => inner, enumerable: true, configurable: true });
    else if (trick === 'hidden') Object.defineProperty(value, name, { value: inner, configurable: true });
    else if (trick === 'symbol') Object.assign(value, { [Symbol(name)]: inner });
    else if (trick === 'proto') Object.setPrototypeOf(value, { [name]: inner });
    else if (trick === 'proxy')
      Object.assign(value, { [name]: typeof inner === 'object' && inner !== null ? new Proxy(inner, {}) : inner });
    else if (trick === 'throws')
      Object.assign(value, {
        [name]: new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw new Error('no');
            },
          },
        ),
      });
  }
  return value;
}

function parts(input: Uint8Array): readonly unknown[] {
  try {
    const value = dressed(decode(input, { ...DEFAULT_CODEC_LIMITS, allowance: 2 ** 20 }));
    return Array.isArray(value) ? value : [value, value];
  } catch (error) {
    if (ColonyError.is(error)) return []; // the decoder refused it
    throw error;
  }
}

function read(input: Uint8Array): unknown {
  const [parent, inner] = parts(input) as readonly Policy[];
  const outer = compilePolicy(parent!);
  const outerAllows = requests.map(allows(outer));
  const both = narrow(parent!, inner!);
  const compiled = compilePolicy(both);
  const bothAllow = requests.map(allows(compiled));
  for (const [index, allowed] of bothAllow.entries())
    if (allowed && !outerAllows[index])
      throw new Error(`the child allows ${JSON.stringify(requests[index])}, which its parent refuses`);
  if (
    Object.entries(compiled.limits).some(([name, limit]) => !(limit <= outer.limits[name as keyof typeof outer.limits]))
  )
    throw new Error("a limit of the child's is above its parent's");
  if (fileBytes(compiled) > fileBytes(outer)) throw new Error("the child's files are larger than its parent's");
  if (requests.some(allows(compilePolicy(narrow(both, pure))))) throw new Error('pure allows something');
  return { compiled, outer };
}

const words = [
  ...[
    'hypercalls',
    'console',
    'clock',
    'random',
    'env',
    'fs',
    'fetch',
    'limits',
    'isolation',
    'snapshots',
    'inherit',
    'all',
  ],
  ...[
    'maxCalls',
    'maxBytes',
    'once',
    'maxRate',
    'lifetime',
    'args',
    'type',
    'equals',
    'oneOf',
    'min',
    'max',
    'prefix',
    'pattern',
    'maxLength',
  ],
  ...[
    'fixed',
    'seed',
    'read',
    'write',
    'origin',
    'methods',
    'boundary',
    'mechanisms',
    'signedBy',
    'memory',
    'wallTime',
    'output',
  ],
  ...[
    'get!console',
    'hidden!console',
    'symbol!all',
    'proto!console',
    'proxy!hypercalls',
    'throws!fs',
    'hidden!args',
    'get!equals',
    'proto!min',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '1 MiB',
    '5/min',
    '100/s',
    '1e400 MiB',
    '0 ms',
    '/',
    '//',
    '/..',
    'http://a.example:80',
    '(?:a|b)*',
    '\\p{L}{3}',
  ],
];

export const reader = (): Reader => ({
  name: 'policy',
  what: 'a policy, and one that narrows it, from data that anyone made',
  seeds: seeds.map((pair) => concat(encode(pair)).slice()),
  mutators: [cborMutator(words), cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_BAD_POLICY'],
  planted: (_input, value) => {
    const { compiled, outer } = value as { compiled: CompiledPolicy; outer: CompiledPolicy };
    const fixed = clockSection.prepare(outer.layers.map(({ clock }) => clock))?.fixed;
    return fixed === 946684800000 && compiled.layers.length > 5;
  },
  // Reading costs a few passes over all requests, whatever the input's size.
  allowance: 2 ** 20,
});
