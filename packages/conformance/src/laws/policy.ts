import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AUDIT_CHANNEL, type AuditRecord, narrow, type Policy, pure } from '@colony/core';
import fc from 'fast-check';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, theme } from './define.js';
import { randomness } from './randomness.js';

interface Tried {
  readonly value?: unknown;
  readonly code?: string;
}

const CAPABILITIES: readonly (readonly [string, ...unknown[]])[] = [
  ['clock'],
  ['monotonic'],
  ['random'],
  ['uuid'],
  ['log', 'x'],
  ['env', 'PATH'],
  ['read', '/etc/hostname'],
  ['write', '/tmp/colony', 'x'],
  ['list', '/'],
];

async function denyByDefault(t: Tools): Promise<void> {
  let called = 0;
  const context = await t.context({ hypercalls: { secret: () => ++called } });
  const error = await fails('ERR_POLICY_DENIED', () => context.call('ask', 'secret'));
  assert.match(error.message, /secret/);
  for (const name of ['unregistered', 'colony:env', '__proto__', 'constructor', 'toString']) {
    await fails(['ERR_POLICY_DENIED', 'ERR_GUEST_THROWN'], () => context.call('ask', name, 'PATH'));
  }
  assert.equal(called, 0, 'a host function that is not granted was called');
}

async function nothingBuiltIn(t: Tools): Promise<void> {
  const context = await t.context();
  for (const [name, ...args] of CAPABILITIES) {
    const tried = (await context.call('capability', name, ...args)) as unknown as Tried;
    assert.equal(tried.code, 'ERR_POLICY_DENIED', `${name} without a grant gave ${JSON.stringify(tried)}`);
  }
  const fetched = (await context.call('fetchCode', 'http://127.0.0.1:9/')) as unknown as Tried;
  assert.equal(fetched.code, 'ERR_POLICY_DENIED');
}

/** In every language: an import that is not granted, arguments that the policy refuses, budgets. */
async function grantedNumbers(t: Tools): Promise<void> {
  const seen: number[] = [];
  const hypercalls = { 'host.ask': (n: number) => seen.push(n) };
  const none = await t.context({ hypercalls });
  const error = await fails('ERR_POLICY_DENIED', () => none.call('askHost', 1));
  assert.match(error.message, /host\.ask/);
  const few = await t.context({ hypercalls, policy: { hypercalls: { 'host.ask': { maxCalls: 3 } } } });
  await fails('ERR_POLICY_DENIED', () => few.call('askHostMany', 5));
  assert.deepEqual(seen, [0, 1, 2], 'a budget must be exact');
  const small = await t.context({ hypercalls, policy: { hypercalls: { 'host.ask': { args: [{ max: 9 }] } } } });
  await small.call('askHost', 9);
  await fails('ERR_POLICY_DENIED', () => small.call('askHost', 10));
  assert.deepEqual(seen, [0, 1, 2, 9]);
}

async function budgets(t: Tools): Promise<void> {
  let calls = 0;
  const context = await t.context({
    hypercalls: { three: () => ++calls, one: () => ++calls, life: () => ++calls },
    policy: { hypercalls: { three: { maxCalls: 3 }, one: { once: true }, life: { lifetime: { maxCalls: 2 } } } },
  });
  for (const [name, most] of [
    ['three', 3],
    ['one', 1],
  ] as const) {
    for (let round = 0; round < 2; round++) {
      calls = 0;
      await fails('ERR_POLICY_DENIED', () => context.call('askMany', name, 10));
      assert.equal(calls, most, `${name} was called ${calls} times`);
    }
  }
  calls = 0;
  for (let i = 0; i < 5; i++) await context.call('ask', 'life').catch(() => {});
  assert.equal(calls, 2, 'a budget for the whole life must hold across calls');
}

async function exactUnderConcurrency(t: Tools): Promise<void> {
  let calls = 0;
  const take = t.capabilities.asyncHypercalls
    ? async () => {
        await null;
        return ++calls;
      }
    : () => ++calls;
  const context = await t.context({
    hypercalls: { 'host.ask': take },
    policy: { hypercalls: { 'host.ask': { lifetime: { maxCalls: 10 } } } },
  });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => context.call('askHost', 1)));
  assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 10);
  assert.equal(calls, 10);
}

/** Several contexts with a budget for their life and one for a call, asked at the same time in any order. */
async function generatedBudgets(t: Tools): Promise<void> {
  const budget = fc.record({ life: fc.nat(12), call: fc.nat(4) });
  const asked = fc.array(fc.tuple(fc.nat(2), fc.nat(6)), { minLength: 1, maxLength: 10 });
  await t.property(
    fc.tuple(fc.tuple(budget, budget, budget), asked),
    async ([budgets, calls]) => {
      const counts = [0, 0, 0];
      const contexts = await Promise.all(
        budgets.map(({ life, call }, who) => {
          const answer = () => ++counts[who]!;
          return t.context({
            hypercalls: { 'host.ask': t.capabilities.asyncHypercalls ? async () => answer() : answer },
            policy: { hypercalls: { 'host.ask': { maxCalls: call, lifetime: { maxCalls: life } } } },
          });
        }),
      );
      await Promise.allSettled(calls.map(([who, n]) => contexts[who]!.call('askHostMany', n)));
      for (const [who, { life, call }] of budgets.entries()) {
        const mine = calls.filter(([caller]) => caller === who).map(([, n]) => Math.min(n, call));
        const wanted = mine.reduce((sum, n) => sum + n, 0);
        assert.equal(counts[who], Math.min(life, wanted), `context ${who}: of ${wanted} asked, ${life} granted`);
      }
      await Promise.all(contexts.map((context) => context.dispose()));
    },
    { weight: 0.4 },
  );
}

async function argumentPredicates(t: Tools): Promise<void> {
  const seen: unknown[] = [];
  const context = await t.context({
    hypercalls: { pay: (...args: unknown[]) => void seen.push(args) },
    policy: { hypercalls: { pay: { args: [{ oneOf: ['a', 'b'] }, { type: 'number', min: 1, max: 10 }] } } },
  });
  await context.call('ask', 'pay', 'a', 10);
  for (const args of [
    ['c', 5],
    ['a', 11],
    ['a', '5'],
    ['a', Number.NaN],
    ['a', 5, 1],
    [['a'], 5],
    [null, 5],
  ]) {
    await fails('ERR_POLICY_DENIED', () => context.call('ask', 'pay', ...args));
  }
  assert.deepEqual(seen, [['a', 10]]);
}

const grants = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(
    fc.constant(true as const),
    fc.record(
      { maxCalls: fc.nat(3), args: fc.constantFrom([{ max: 5 }], [{ min: 3 }], [true as const]) },
      { requiredKeys: [] },
    ),
  ),
);
const layer: fc.Arbitrary<Policy> = fc.record(
  { hypercalls: grants, clock: fc.boolean(), console: fc.boolean() },
  { requiredKeys: [] },
);

async function narrowing(t: Tools): Promise<void> {
  const requests = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 8 })), {
    minLength: 1,
    maxLength: 5,
  });
  const count = async (policy: Policy, asked: readonly (readonly [string, number])[]) => {
    const allowed: string[] = [];
    const hypercalls = {
      a: (n: number) => allowed.push(`a${n}`),
      b: (n: number) => allowed.push(`b${n}`),
      c: (n: number) => allowed.push(`c${n}`),
    };
    const context = await t.context({ hypercalls, policy });
    for (const [name, n] of asked) await context.call('askCaught', name, n);
    const { code } = (await context.call('capability', 'clock')) as unknown as Tried;
    if (code === undefined) allowed.push('clock');
    await context.dispose();
    return allowed;
  };
  await t.property(
    fc.tuple(layer, layer, requests),
    async ([parent, child, asked]) => {
      const narrowed = await count(narrow(parent, child), asked);
      for (const [whose, policy] of Object.entries({ parent, child })) {
        const allowed = new Set(await count(policy, asked));
        for (const request of narrowed)
          assert.ok(allowed.has(request), `narrowed, it allowed ${request}, but the ${whose} does not`);
      }
      assert.deepEqual(await count(narrow(parent, pure), asked), [], 'narrowed to pure, it must allow nothing');
    },
    { weight: 0.4 },
  );
}

async function files(t: Tools): Promise<void> {
  const folder = await t.directory();
  await mkdir(join(folder, 'open'));
  await writeFile(join(folder, 'open/a.txt'), 'granted');
  await writeFile(join(folder, 'secret.txt'), 'not granted');
  await symlink(join(folder, 'secret.txt'), join(folder, 'open/link.txt'));
  await symlink(folder, join(folder, 'open/up'));
  const context = await t.context({ policy: { fs: { read: [join(folder, 'open')] } } });
  const read = async (path: string) => (await context.call('capability', 'read', path)) as unknown as Tried;
  assert.equal((await read(join(folder, 'open/a.txt'))).value, 'granted');
  for (const path of [
    'secret.txt',
    'open/../secret.txt',
    'open/link.txt',
    'open/up/secret.txt',
    'open/./../secret.txt',
    'open\0/../secret.txt',
    'opener',
  ]) {
    const tried = await read(`${folder}/${path}`);
    assert.ok(tried.code !== undefined && tried.value === undefined, `${path} was read`);
  }
  const written = (await context.call('capability', 'write', join(folder, 'open/b.txt'), 'x')) as unknown as Tried;
  assert.equal(written.code, 'ERR_POLICY_DENIED', 'a directory granted for reading was written to');
}

/** The race's minimum in milliseconds and in reads, and the milliseconds after which it did not happen. */
const RACE = 1500;
const READS = 60;
const NO_RACE = 60_000;

/** Swaps links in and out while the guest reads: the guest must never get a file from outside. */
async function linksSwapped(t: Tools): Promise<void> {
  const folder = await t.directory();
  const [open, inside, outside] = ['open', 'open/a', 'outside'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(inside, { recursive: true });
  await mkdir(outside);
  await writeFile(join(inside, 'file'), 'granted');
  await writeFile(join(outside, 'file'), 'secret');
  const context = await t.context({ policy: { fs: { read: [open] } } });
  const paths = [join(inside, 'file'), `${inside}/../a/file`, `${inside}/./file`];
  const read = async (path: string) => ((await context.call('capability', 'read', path)) as unknown as Tried).value;
  const swapper = spawn(process.execPath, ['-e', SWAP, inside, outside], { stdio: 'ignore' });
  t.after(() => swapper.kill('SIGKILL'));
  const gone = once(swapper, 'exit');
  const started = performance.now();
  const lasted = () => performance.now() - started;
  const seen: unknown[] = [];
  // A grant and a refusal show that the directory was present at some times and absent at others.
  const isRace = () => seen.includes('granted') && seen.includes(undefined);
  while (lasted() < RACE || seen.length < READS || (!isRace() && lasted() < NO_RACE))
    seen.push(...(await Promise.all(paths.map(read))));
  swapper.kill('SIGKILL');
  await gone;
  assert.ok(!seen.includes('secret'), 'a file outside the granted directory was read');
  assert.ok(isRace(), `in ${seen.length} reads it was no race: ${[...new Set(seen)].join(', ')}`);
  await putBack(inside);
  assert.deepEqual(await Promise.all(paths.map(read)), ['granted', 'granted', 'granted']);
}

/** Restores the directory, wherever the swapper left it. */
async function putBack(inside: string): Promise<void> {
  if (!existsSync(`${inside}-away`)) return;
  await rm(inside, { force: true });
  await rename(`${inside}-away`, inside);
}

/**
 * Renames the directory away, puts a link in its place, and restores it. It pauses in both states, so that a reader
 * meets both.
 */
const SWAP = `const fs = require('fs'); const [, inside, outside] = process.argv;
const word = new Int32Array(new SharedArrayBuffer(4));
const rest = () => Atomics.wait(word, 0, 0, Math.random());
for (;;) { fs.renameSync(inside, inside + '-away'); fs.symlinkSync(outside, inside); rest(); fs.unlinkSync(inside); fs.renameSync(inside + '-away', inside); rest(); }`;

async function audited(t: Tools): Promise<void> {
  const records: AuditRecord[] = [];
  const listen = (message: unknown) => void records.push(message as AuditRecord);
  subscribe(AUDIT_CHANNEL, listen);
  t.after(() => unsubscribe(AUDIT_CHANNEL, listen));
  const context = await t.context({ hypercalls: { yes: () => 1, no: () => 2 }, policy: { hypercalls: { yes: true } } });
  await context.call('askCaught', 'yes', 'why');
  await context.call('askCaught', 'no');
  const mine = records.filter((record) => record.context === context.id);
  assert.deepEqual(
    mine.map(({ hypercall, allowed }) => [hypercall, allowed]),
    [
      ['yes', true],
      ['no', false],
    ],
  );
  assert.ok(mine[1]?.reason, 'a refusal without a reason');
}

/** Odd names of variables, paths and URLs: the answer is a refusal of bounded length. */
async function oddSubjects(t: Tools): Promise<void> {
  const loop: unknown[] = [];
  loop.push(loop);
  const long = 'x'.repeat(1_000_000);
  const marks = { url: `http://${'\u0300'.repeat(100_000)}.a`, method: 'GET' };
  const far = { url: `http://a.example/${long}`, method: 'GET' };
  const subjects = [1n, 1n << 10_000n, loop, null, undefined, ['A'], { toString: 1 }, long, `/srv/${long}`, marks, far];
  const context = await t.context({
    policy: {
      env: ['A'],
      fs: { read: ['/srv'], write: ['/srv'] },
      fetch: [{ origin: 'http://a.example' }],
      limits: { memory: '64 MiB', wallTime: '60 s', cpuTime: '60 s' },
    },
  });
  for (const name of ['env', 'fs.read', 'fs.write', 'fs.list', 'fs.stat', 'fetch']) {
    for (const [index, subject] of subjects.entries()) {
      const asked = context.call('askCaught', `colony:${name}`, subject);
      const { code, message = '' } = (await asked) as unknown as Tried & { message?: string };
      assert.equal(code, 'ERR_POLICY_DENIED', `${name} of subject ${index} gave ${code}: ${message.slice(0, 200)}`);
      assert.ok(message.length < 1000, `${name} of subject ${index} gave ${message.length} characters`);
    }
  }
}

export const policy = theme('policy', [
  ['a request without a grant is refused', denyByDefault],
  ['without a grant there is no clock, randomness, console, environment, file or network', nothingBuiltIn],
  ['budgets of a call and of a life are exact', budgets],
  ['a budget is exact under concurrency', exactUnderConcurrency, { programKinds: EVERYWHERE }],
  ['generated budgets are exact under concurrency', generatedBudgets, { programKinds: EVERYWHERE }],
  ['grants, arguments and budgets apply to imports of a program', grantedNumbers, { programKinds: EVERYWHERE }],
  ['argument predicates are applied', argumentPredicates],
  ['a narrowed policy never allows what its parent or the child refuses', narrowing],
  ['an odd variable, path or URL is refused with a short message', oddSubjects],
  ['a guest cannot leave a granted directory', files],
  ['a link that is swapped in while a guest reads does not lead out of a granted directory', linksSwapped],
  ['each decision is in the audit stream', audited],
  [
    'a fixed clock does not move, and a seed repeats',
    async (t) => {
      const context = await t.context({ policy: { clock: { fixed: 1234 }, random: { seed: 7 } } });
      assert.deepEqual(await context.call('capability', 'clock'), { value: 1234 });
      assert.deepEqual(await context.call('capability', 'random'), await context.call('capability', 'random'));
      assert.deepEqual(await context.call('capability', 'uuid'), await context.call('capability', 'uuid'));
    },
  ],
  [
    'granted randomness differs from call to call',
    async (t) => {
      const context = await t.context({ policy: { random: true } });
      const all = await Promise.all(Array.from({ length: 8 }, () => context.call('capability', 'uuid')));
      assert.equal(new Set(all.map((result) => JSON.stringify(result))).size, 8);
    },
  ],
  ...randomness,
  [
    'only named environment variables are visible',
    async (t) => {
      process.env['COLONY_CONFORMANCE'] = 'yes';
      t.after(() => delete process.env['COLONY_CONFORMANCE']);
      const context = await t.context({ policy: { env: ['COLONY_CONFORMANCE'] } });
      assert.deepEqual(await context.call('capability', 'env', 'COLONY_CONFORMANCE'), { value: 'yes' });
      assert.equal(((await context.call('capability', 'env', 'PATH')) as unknown as Tried).code, 'ERR_POLICY_DENIED');
    },
  ],
  [
    "a denied call differs from a guest's own error",
    async (t) => {
      const context = await t.context(granted({ fine: () => 1 }));
      await fails('ERR_GUEST_THROWN', () =>
        context.call('fail', 'Error', '`fine` is refused', { code: 'ERR_POLICY_DENIED' }),
      );
    },
  ],
]);
