/** Calls of C functions: values that cross, errors, hypercalls; the same on each target. Without KVM. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../dist/harness.js';
import type { Target } from '../dist/index.js';
import { execute } from '../dist/toolchain.js';
import { cacheDir } from './lib/cache.js';
import { type Guest, guestFolder, startGuest } from './lib/guest.js';

const targets = ['virtine', 'wasm32'] as const;
const probe = (name: string, target: Target): Promise<Guest> => startGuest(`${guestFolder}probes/${name}.c`, target);

it('reader, allocator and string functions hold under ASan and UBSan', async () => {
  const run = await execute('make', ['-C', `${guestFolder}runtime/test`, `OUT=${cacheDir}/runtime-test`, 'check']);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/cbor: ok[\s\S]*heap: ok[\s\S]*string: ok/);
}, 300_000);

describe.each(targets)('values on %s', (target) => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await probe('basic', target);
  }, 300_000);
  afterAll(() => guest.close());

  const integers: [string, bigint, bigint][] = [
    ['echo_i8', -(2n ** 7n), 2n ** 7n - 1n],
    ['echo_u8', 0n, 2n ** 8n - 1n],
    ['echo_i16', -(2n ** 15n), 2n ** 15n - 1n],
    ['echo_u16', 0n, 2n ** 16n - 1n],
    ['echo_i32', -(2n ** 31n), 2n ** 31n - 1n],
    ['echo_u32', 0n, 2n ** 32n - 1n],
  ];

  it.each(integers)('%s takes numbers from %s to %s', async (name, low, high) => {
    expect(await guest.value(name, Number(low))).toBe(Number(low));
    expect(await guest.value(name, Number(high))).toBe(Number(high));
    expect(await guest.value(name, -0)).toBe(0);
    for (const wrong of [Number(low) - 1, Number(high) + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      expect(await guest.call(name, wrong)).toMatchObject(thrown('RangeError', /argument 1 must be an? .*of \d+ bits/));
    }
    for (const wrong of ['1', null, undefined, true, {}, [], 1n, new Date(), new Uint8Array(1)]) {
      expect(await guest.call(name, wrong)).toMatchObject(thrown('TypeError', /argument 1 must be a number, not/));
    }
  });

  it.each([
    ['echo_i64', -(2n ** 63n), 2n ** 63n - 1n],
    ['echo_u64', 0n, 2n ** 64n - 1n],
  ])('%s takes safe integers and bigints, and returns a bigint if a number is not exact', async (name, low, high) => {
    const asGiven = (n: bigint) => (Number.isSafeInteger(Number(n)) ? Number(n) : n);
    for (const value of [low, high, 5n, 2n ** 53n - 1n, 2n ** 53n])
      expect(await guest.value(name, value)).toBe(asGiven(value));
    expect(await guest.value(name, 2 ** 53 - 1)).toBe(2 ** 53 - 1);
    for (const wrong of [low - 1n, high + 1n, 2n ** 70n, 2 ** 53, 0.5])
      expect(await guest.call(name, wrong)).toMatchObject(thrown('RangeError'));
  });

  it('floats keep their precision', async () => {
    for (const value of [0, -0, 1.5, -1e300, Number.MIN_VALUE, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53]) {
      expect(await guest.value('echo_f64', value)).toBe(value);
    }
    expect(await guest.value('echo_f32', 0.1)).toBe(Math.fround(0.1));
    expect(await guest.call('echo_f64', 1n)).toMatchObject(thrown('TypeError'));
    expect(await guest.call('echo_f64', new Date())).toMatchObject(thrown('TypeError'));
  });

  it.each([0, 1, 23, 24, 255, 256, 400, 490, 500, 511, 512, 4095, 4096, 4097, 65536, 1 << 20])(
    '%i bytes come back',
    async (length) => {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      expect(Buffer.from((await guest.value('echo', bytes)) as Uint8Array).equals(bytes)).toBe(true);
      expect(
        Buffer.from((await guest.value('fill', length, 9)) as Uint8Array).equals(new Uint8Array(length).fill(9)),
      ).toBe(true);
      const text = 'é'.repeat(length / 2);
      expect(await guest.value('echo_string', text)).toBe(text);
    },
  );

  it('strings are UTF-8 without NUL, with a NUL at the end', async () => {
    expect(await guest.value('echo_string', 'ant 🐜 €')).toBe('ant 🐜 €');
    expect(await guest.value('compare', 'abc', 'abd')).toBe(-1);
    expect(await guest.value('null_string')).toBe(null);
    expect(await guest.call('echo_string', 'a\0b')).toMatchObject(thrown('TypeError', /NUL/));
    expect(await guest.call('bad_utf8')).toMatchObject(thrown('TypeError', /UTF-8/));
  });

  it('all registers arrive', async () => {
    const args = [1, 2, 3, 4, true, 5, 6, 7, '12345678', 8, 9, 10, 11, 12];
    expect(await guest.value('all_registers', ...args)).toBe(87);
    const one = new Uint8Array([1]);
    expect(await guest.value('three_buffers', one, new Uint8Array([2, 3]), one)).toBe(1005001);
    expect(await guest.value('three_buffers', one, one, one)).toBe(1001001); // one buffer, passed three times
    expect(await guest.value('three_buffers', new Uint16Array([257]), one, one)).toBe(1001002);
  });

  it('the number of arguments is exact', async () => {
    expect(await guest.call('add', 1)).toMatchObject(thrown('TypeError', /^add takes 2 arguments, not 1$/));
    expect(await guest.call('nop', undefined)).toMatchObject(thrown('TypeError', /^nop takes 0 arguments, not 1$/));
    expect(await guest.call('toString')).toMatchObject({ outcome: [1, { code: 'ERR_NO_SUCH_EXPORT' }] });
  });

  it('errors have the name and message that the program gave', async () => {
    expect(await guest.call('fail', 'out of ants')).toMatchObject(thrown('Error', /^out of ants$/));
    expect(await guest.call('fail_as', 'AntError', 'x')).toMatchObject(thrown('AntError', /^x$/));
    expect(await guest.value('add', 1, 1)).toBe(2);
  });

  it('hypercalls carry every kind of value, and the host function’s error', async () => {
    const seen: unknown[][] = [];
    guest.host = (name, args) => {
      if (name === 'add') return (args[0] as number) + (args[1] as number);
      if (name !== 'kinds') throw new Error('no');
      seen.push([...args]);
      return { other: [1, { deep: 2 }], [args[0] as string]: 'found' };
    };
    expect(await guest.value('host_add', 1, 2.5)).toBe(3.5);
    const large = new Uint8Array(3000).fill(1);
    expect(await guest.value('host_kinds', 'key', large)).toBe('found');
    expect(seen).toEqual([['key', large, -1, 2n ** 64n - 1n, 0.5, true, null]]);
    expect(await guest.call('log_text', 'hello')).toMatchObject(thrown('Error', /no/));
    expect(await guest.call('host_kinds', 'nothing', new Uint8Array(9))).toMatchObject({ outcome: [0, 'found'] });
  });
});

it('a null call in a virtine makes one page dirty and takes no heap', async () => {
  const guest = await probe('basic', 'virtine');
  expect(await guest.call('nop')).toMatchObject({
    outcome: [0, undefined],
    info: { dirtyPages: 1, growths: 0 },
  });
  expect(await guest.value('count')).toBe(1);
  expect(await guest.value('count')).toBe(1);
  guest.close();
}, 300_000);

it.each(
  targets.flatMap((target) => [
    ['double_free', target, /heap is corrupt.*freed already/] as const,
    ['free_of_nothing', target, /heap is corrupt/] as const,
    ['heap_overflow', target, /heap is corrupt/] as const,
  ]),
)(
  'the allocator notices %s on %s',
  async (name, target, message) => {
    const guest = await probe('memory', target);
    expect(await guest.call(name)).toMatchObject({ trap: 1, message: expect.stringMatching(message) });
    guest.close();
  },
  300_000,
);

function thrown(name: string, message = /./): Partial<Run> {
  return { outcome: [1, expect.objectContaining({ name, message: expect.stringMatching(message) })] } as Partial<Run>;
}
