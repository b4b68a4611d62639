/** Fuzzes the hypercall door: a guest gets only actions that the policy grants, and one reply for each request. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns, { type LookupAddress } from 'node:dns';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { createHandler } from '../src/hypercalls/dispatch.js';
import { createRegistry } from '../src/hypercalls/registry.js';
import { CallScope } from '../src/hypercalls/scope.js';
import { AUDIT_CHANNEL } from '../src/policy/audit.js';
import { Usage } from '../src/policy/decide.js';
import type { Policy } from '../src/policy/types.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { ownerFor } from '../test/lib/owner.js';
import { words } from './lib/values.js';

const HOST = 'granted.example';
const ORIGIN = `https://${HOST}`;
const SECRET = 'a secret that no grant names';
const CODES = [
  undefined,
  'ERR_POLICY_DENIED',
  'ERR_HYPERCALL_FAILED',
  'ERR_GUEST_PROTOCOL',
  'ERR_LIMIT_OUTPUT',
  'ERR_LIMIT_HYPERCALLS',
  'ERR_LIMIT_INPUT',
];
const MOST_REPLY = 20_000;

/** Actions other than replies since the last check. */
let done: string[] = [];

const must = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what);
};

/** Replaces the resolver and records the requested names. It returns an address that no grant here covers. */
function lookup(name: string, _options: object, answer: (error: null, addresses: LookupAddress[]) => void): void {
  done.push(`lookup ${name}`);
  queueMicrotask(() => answer(null, [{ address: '127.0.0.1', family: 4 }]));
}

function door(folder: string) {
  const policy: Policy = {
    hypercalls: {
      open: true,
      later: true,
      throws: true,
      rejects: true,
      some: { once: true, args: [{ type: 'string', maxLength: 5 }, { min: 3 }, { oneOf: [1, 'a'] }] },
      pattern: { args: [{ pattern: '[a-z]+(?:-[a-z]+)*' }, true] },
      missing: true,
    },
    console: true,
    clock: true,
    random: true,
    env: ['COLONY_FUZZED'],
    fs: { read: [join(folder, 'granted')], maxBytes: 4096 },
    fetch: [{ origin: ORIGIN, methods: ['GET'] }],
    limits: { hypercalls: 2, bytesOut: '1 MiB', bytesIn: '64 KiB' },
  };
  const registry = createRegistry({
    open: (...args: unknown[]) => args[0],
    later: async (...args: unknown[]) => args.length,
    throws: (value: unknown) => {
      throw value;
    },
    rejects: (value: unknown) => Promise.reject(value),
    some: (...args: unknown[]) => {
      done.push('some');
      must(
        typeof args[0] === 'string' && args[0].length <= 5 && (args[1] as number) >= 3 && args.length <= 3,
        'some was called with what it may not get',
      );
      return 1;
    },
    pattern: (text: unknown) => {
      must(typeof text === 'string' && /^[a-z]+(-[a-z]+)*$/.test(text), 'pattern was called with what it may not get');
      return text;
    },
    refused: () => {
      done.push('refused');
      return 1;
    },
  });
  const owner = ownerFor(policy, { registry });
  return () => new CallScope({ ...owner, lifetimeUsage: new Usage() }, owner.policy.limits);
}

function checkReply(reply: Uint8Array): unknown {
  const [status, content] = decode(reply) as [number, { code?: string; message?: string } | undefined];
  must(status === 0 || status === 1, 'a reply that is not an outcome');
  must(Buffer.from(reply).indexOf(SECRET) < 0, 'the reply has a secret');
  if (status === 0) return content;
  must(
    CODES.includes(content?.code) || !/^ERR_(INTERNAL|BAD)/.test(String(content?.code)),
    `a reply with ${content?.code}`,
  );
  must((content?.message?.length ?? 0) < MOST_REPLY, 'a long message');
  return content?.code;
}

function checkDone(): void {
  for (const action of done) must(action === 'some' || action === `lookup ${HOST}`, `not granted, but done: ${action}`);
  must(done.filter((action) => action === 'some').length < 2, 'more often than granted');
}

/** A folder with what is granted, and a secret beside it. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colony-fuzz-'));
  mkdirSync(join(folder, 'granted/in'), { recursive: true });
  writeFileSync(join(folder, 'granted/a'), 'content');
  writeFileSync(join(folder, 'secret'), SECRET);
  return folder;
}

type Call = readonly [name: string, args: readonly unknown[]];

const callsIn = (folder: string): readonly Call[] => [
  ['open', [1, { a: [2] }]],
  ['later', [1]],
  ['throws', [{ name: 'E', message: 'm', code: 'C' }]],
  ['rejects', ['text']],
  ['some', ['abc', 4, 1]],
  ['pattern', ['ab-c', 1]],
  ['refused', []],
  ['missing', []],
  ['colony:console', ['log', 'text']],
  ['colony:clock', ['monotonic']],
  ['colony:random', [16]],
  ['colony:env', ['COLONY_FUZZED']],
  ['colony:env.list', []],
  ['colony:fs.read', [join(folder, 'granted/a')]],
  ['colony:fs.list', [join(folder, 'granted')]],
  ['colony:fs.stat', [join(folder, 'granted/in')]],
  ['colony:fs.write', [join(folder, 'granted/b'), 'x']],
  ['colony:fetch', [{ url: `${ORIGIN}/a`, method: 'GET', headers: [['a', 'b']], body: undefined }]],
  ['colony:fetch', [{ url: `${ORIGIN}/b`, method: 'get', headers: [], body: '' }]],
];

const wordsIn = (folder: string, calls: readonly Call[]): string[] => [
  ...words,
  ...calls.map(([name]) => name),
  'COLONY_SECRET',
  '..',
  '/',
  `${folder}/granted/../secret`,
  '/secret',
  `${folder}/secret`,
  `${folder}/granted`,
  ORIGIN,
  'https://granted.example@other.example/',
  '//other.example',
  'file:///etc/hostname',
  'POST',
];

function checkCall(scope: CallScope, replies: readonly Iterable<Uint8Array>[]): unknown[] {
  const contents = replies.map((reply) => checkReply(concat([...reply])));
  checkDone();
  must(scope.fatal === undefined || CODES.includes(scope.fatal.code), `the call ends with ${scope.fatal?.code}`);
  scope.end();
  return contents;
}

/** Makes each hypercall twice in one call: a grant for one use must then refuse the second. */
function readTwice(scope: CallScope, input: Uint8Array): unknown {
  done = [];
  const handler = createHandler(scope);
  const replies = [handler(input), handler(input)];
  const isSync = replies.every((reply) => !(reply instanceof Promise));
  return isSync
    ? checkCall(scope, replies as Uint8Array[][])
    : Promise.all(replies).then((settled) => checkCall(scope, settled));
}

export const reader = (): Reader => {
  const folder = makeFolder();
  const calls = callsIn(folder);
  const known = wordsIn(folder, calls);
  process.env['COLONY_FUZZED'] = 'value';
  process.env['COLONY_SECRET'] = SECRET;
  const { lookup: realLookup } = dns;
  dns.lookup = lookup as typeof dns.lookup;
  const newScope = door(folder);
  const listen = (record: unknown) => void JSON.stringify(record);
  subscribe(AUDIT_CHANNEL, listen);
  return {
    name: 'hypercall-door',
    what: "a guest's hypercall, through the policy to the host function and back",
    seeds: calls.map((call) => concat(encode(call)).slice()),
    mutators: [cborMutator(known), cborMutator(known), bytesMutator(known)],
    read: (input) => readTwice(newScope(), input),
    refusals: [],
    planted: (_input, value) =>
      done.includes('some') &&
      (value as unknown[])[1] === 'ERR_POLICY_DENIED' &&
      _input.length !== calls[4]![0].length + 9,
    allowance: 2 ** 20,
    end: () => {
      unsubscribe(AUDIT_CHANNEL, listen);
      dns.lookup = realLookup;
      rmSync(folder, { recursive: true });
    },
  };
};
