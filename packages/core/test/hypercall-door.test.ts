/**
 * Tests the path from a hypercall's bytes to its reply: refused arguments are not read, and no request of a guest
 * causes ERR_INTERNAL.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtIns } from '../src/capabilities/index.js';
import type { ColonyError } from '../src/errors.js';
import { createHandler } from '../src/hypercalls/dispatch.js';
import { createRegistry } from '../src/hypercalls/registry.js';
import { CallScope } from '../src/hypercalls/scope.js';
import type { Hypercalls } from '../src/hypercalls/types.js';
import { AUDIT_CHANNEL, type AuditRecord } from '../src/index.js';
import type { Policy } from '../src/policy/types.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { leastTime } from './lib/least-time.js';
import { ownerFor } from './lib/owner.js';

const UNBOUNDED = { bytesOut: '1 GiB', bytesIn: '1 GiB', output: '1 GiB', hypercalls: 1e9 };
const frameOf = (name: unknown, args: unknown) => concat(encode([name, args])).slice();

interface Answer {
  readonly code: string | undefined;
  readonly message: string;
  readonly bytes: number;
  readonly value: unknown;
  readonly fatal: ColonyError | undefined;
}

function door(policy: Policy, hypercalls: Hypercalls) {
  const owner = ownerFor({ ...policy, limits: UNBOUNDED }, { registry: createRegistry(hypercalls) });
  return async (frame: Uint8Array): Promise<Answer> => {
    const scope = new CallScope(owner, owner.policy.limits);
    const reply = concat([...(await createHandler(scope)(frame))]);
    const [status, content] = decode(reply) as [number, { code: string; message: string }];
    const { code, message } = status === 1 ? content : { code: undefined, message: '' };
    return { code, message, value: content, bytes: reply.length, fatal: scope.fatal };
  };
}

const granted = door({ hypercalls: { f: true } }, { f: (...args: unknown[]) => args.length, g: () => 1 });
/** The first of two parts, followed by meaningless bytes. */
const unreadable = (name: string) => concat([Uint8Array.of(0x82), ...encode(name), Uint8Array.of(0xff, 0xff)]);

describe('arguments of a refused hypercall are not read', () => {
  const refused = ['g', 'nothing', 'then', '', 'x'.repeat(100_000), '\ud800', ...builtIns.keys()];
  it.each(refused.map((name) => [name.slice(0, 20), name] as const))('%s', async (_short, name) => {
    const answer = await granted(unreadable(name));
    expect(answer).toMatchObject({ code: 'ERR_POLICY_DENIED', fatal: undefined });
    expect(answer.bytes).toBeLessThan(8192);
  });

  it('a refusal takes the same time for 8 MiB of arguments', async () => {
    const rows = Array.from({ length: 100_000 }, (_, id) => ({ id, name: `name ${id}`, text: 'x'.repeat(40) }));
    for (const name of ['g', 'nothing', 'colony:console', 'colony:fs.read', 'x'.repeat(10)]) {
      const frame = frameOf(name, [rows]);
      const refusal = await leastTime(() => granted(frame), 20);
      const reading = await leastTime(() => decode(frame), 2);
      expect(refusal * 50, name).toBeLessThan(reading);
    }
  });

  it('a name of 8 MiB takes the same time as one of 8 KiB', async () => {
    const [short, long] = [frameOf('é'.repeat(2 ** 12), []), frameOf('é'.repeat(2 ** 22), [])];
    const [shortest, longest] = [await leastTime(() => granted(short), 20), await leastTime(() => granted(long), 20)];
    expect(longest).toBeLessThan(20 * shortest);
  });

  it('the audit stream has the arguments of a small request, and the size of a large one', async () => {
    const records: AuditRecord[] = [];
    const listen = (record: unknown) => void records.push(record as AuditRecord);
    subscribe(AUDIT_CHANNEL, listen);
    await granted(frameOf('g', ['a', { b: 1 }]));
    await granted(frameOf('g', ['a'.repeat(5000)]));
    await granted(unreadable('g'));
    unsubscribe(AUDIT_CHANNEL, listen);
    expect(records.map(({ args }) => args)).toEqual([
      ['"a"', 'Object'],
      ['5007 bytes, not read'],
      ['5 bytes, not read'],
    ]);
  });
});

describe('arguments of a granted hypercall', () => {
  it('are read once the name is known to be granted', async () => {
    expect(await granted(frameOf('f', [1, 2, 3]))).toMatchObject({ code: undefined, value: 3 });
    expect(await granted(unreadable('f'))).toMatchObject({ code: 'ERR_GUEST_PROTOCOL' });
    expect(await granted(frameOf('f', 5))).toMatchObject({ code: 'ERR_GUEST_PROTOCOL' });
  });
  it('may cost as much as their bytes pay for', async () => {
    const frame = frameOf('f', [new Uint8Array(0)]).slice(0, -2);
    const many = concat([frame, Uint8Array.of(0x9a, 0, 8, 0, 0), new Uint8Array(2 ** 19).fill(0xa0)]);
    const answer = await granted(many);
    expect(answer).toMatchObject({ code: 'ERR_LIMIT_OUTPUT', fatal: { code: 'ERR_LIMIT_OUTPUT' } });
  });
  it('may also be cyclic', async () => {
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    expect(await granted(frameOf('f', cycle))).toMatchObject({ value: 2 });
    expect(await granted(frameOf('f', [cycle, { cycle }]))).toMatchObject({ value: 2 });
  });
});

describe('bytes of a guest never cause an internal error', () => {
  const check = (answer: Answer) => {
    expect(answer.code).not.toBe('ERR_INTERNAL');
    expect(answer.fatal?.code).not.toBe('ERR_INTERNAL');
    expect(answer.message.length).toBeLessThan(20_000);
  };
  const cycle: unknown[] = [];
  cycle.push(cycle, { cycle });
  const odd = fc.oneof(
    fc.constantFrom<unknown>(cycle, new Map([[cycle, cycle]]), 1n, -0, '\ud800', new Date(Number.NaN), Object(1n), /a/),
    fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withDate: true }),
    fc.string({ maxLength: 20 }).map((text) => text.repeat(10_000)),
    fc.bigInt().map((number) => number ** 500n),
  );
  const policy: Policy = {
    hypercalls: { f: { args: [{ type: 'string', maxLength: 5 }, { min: 3 }, { oneOf: [1, 'a'] }] }, throws: true },
    console: true,
    clock: true,
    random: true,
  };
  const open = door(policy, {
    f: () => 1,
    throws: (value: unknown) => {
      throw value;
    },
  });
  const names = fc.oneof(
    fc.constantFrom('f', 'throws', 'colony:console', 'colony:clock', 'colony:random', '__proto__', 'colony:__proto__'),
    fc.string({ unit: 'binary' }),
  );
  it('with any name and arguments', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.array(odd, { maxLength: 4 }), async (name, args) => {
        let frame: Uint8Array;
        try {
          frame = frameOf(name, args);
        } catch {
          return; // not data
        }
        check(await open(frame));
      }),
      { numRuns: 500 },
    );
  });
  it('with any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        check(await open(bytes));
        check(await open(concat([Uint8Array.of(0x82, 0x61, 0x66, 0x81), bytes])));
      }),
      { numRuns: 1000 },
    );
  });
  it('with any value that a host function throws', async () => {
    const text = Object.assign(() => {}, {
      toString() {
        throw new Error('no text');
      },
    });
    const values: unknown[] = [
      text,
      Symbol('s'),
      'x'.repeat(2 ** 20),
      10n ** 10_000n,
      Object.create(null),
      null,
      undefined,
    ];
    for (const value of values) {
      const answer = await door(
        { hypercalls: { f: true } },
        {
          f: () => {
            throw value;
          },
        },
      )(frameOf('f', []));
      check(answer);
      expect(answer).toMatchObject({ code: 'ERR_HYPERCALL_FAILED', fatal: undefined });
      expect(answer.bytes).toBeLessThan(8192);
    }
  });
});
