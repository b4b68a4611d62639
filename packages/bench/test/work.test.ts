// The workloads compute the described results on every backend; the crossover is found at the right place.
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { type Context, createContext, js } from '@colony/core';
import { afterAll, describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor, FloorProcess } from '../src/floor-process.js';
import { measured, withoutValue } from '../src/report/measured.js';
import { BACKENDS } from '../src/suites/cells.js';
import { cProgram, PATIENT } from '../src/suites/contexts.js';
import { crossover } from '../src/suites/work/crossover.js';
import { callsOf, NUMBERS } from '../src/suites/work/fib.js';
import { work } from '../src/suites/work/index.js';
import { inNode, QuickJsInV8 } from '../src/suites/work/reference.js';
import { BASE64, FIB, JSON_TRANSFORM, recordsText } from '../src/suites/work/sources.js';
import { type Derived, type Spec, specsOf } from '../src/types.js';
import { expectQuickRun } from './quick-run.js';

const contexts: Context[] = [];
afterAll(() => Promise.all(contexts.map((context) => context.dispose())));

async function open(backend: string, program: Parameters<typeof createContext>[0]['program']): Promise<Context> {
  const context = (await createContext({ backend, program: program!, pool: {}, limits: PATIENT })) as Context;
  contexts.push(context);
  return context;
}

const hex = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

describe('the crossover', () => {
  // Isolation costs 50 us a call and 1% of the time: 5% from 50 / 0.04 = 1250 us on.
  const native = [1, 10, 100, 1000, 10_000, 100_000];
  const isolated = native.map((time) => 50 + time * 1.01);

  it('lies between the right points', () => {
    expect(crossover(native, isolated)).toBeGreaterThan(1000);
    expect(crossover(native, isolated)).toBeLessThan(1700);
    const dense = Array.from({ length: 200 }, (_, index) => 1.1 ** index);
    expect(
      crossover(
        dense,
        dense.map((time) => 50 + time * 1.01),
      ),
    ).toBeCloseTo(1250, -1);
  });

  it('is exact if only a constant is added, because that is a straight line on log-log paper', () => {
    expect(
      crossover(
        native,
        native.map((time) => time + 50),
      ),
    ).toBeCloseTo(1000, 6);
    expect(
      crossover(
        native,
        native.map((time) => time + 7),
      ),
    ).toBeCloseTo(140, 6);
    expect(
      crossover(
        native,
        native.map((time) => time + 7),
        0.01,
      ),
    ).toBeCloseTo(700, 6);
  });

  it('does not scale with the unit', () => {
    const [thousand, isolatedToo] = [native, isolated].map((times) => times.map((time) => time * 1000));
    expect(crossover(thousand!, isolatedToo!) / crossover(native, isolated)).toBeCloseTo(1000, 6);
  });

  it('is the last one, because a point that is above again counts', () => {
    const bumpy = isolated.with(4, 10_000 * 1.2);
    expect(crossover(native, bumpy)).toBeGreaterThan(10_000);
  });

  it('is the first point if all are below, and is missing if the last is above', () => {
    expect(crossover(native, native)).toBe(1);
    expect(
      crossover(
        native,
        native.map((time) => time * 0.9),
      ),
    ).toBe(1);
    expect(
      crossover(
        native,
        native.map((time) => time * 1.3),
      ),
    ).toBeNaN();
    expect(
      crossover(
        native,
        native.map((time) => time + 1e5),
      ),
    ).toBeNaN();
    expect(crossover([], [])).toBeNaN();
  });

  it('exists also if an isolated run is faster than the native one', () => {
    const crossing = crossover([10, 100, 1000], [60, 110, 900]);
    expect(crossing).toBeGreaterThan(100);
    expect(crossing).toBeLessThan(1000);
  });

  it('is made of the measured points, native and isolated, in that order', () => {
    const find = (subject: string) => specsOf(work).find((spec) => spec.subject === subject)!;
    const { from, of } = find('kvm.c.fib.crossover').derived!;
    expect(from).toEqual([...NUMBERS.map((n) => `c.fib.${n}`), ...NUMBERS.map((n) => `kvm.c.fib.${n}`)]);
    const times = NUMBERS.map(callsOf);
    expect(of([...times, ...times.map((time) => time + 50)])).toBeCloseTo(1000, 6);
  });
});

describe('a figure that is derived from a whole trial', () => {
  const derived: Derived = {
    from: ['a', 'b'],
    whole: true,
    of: ([a = 0, b = 0]) => (b > a ? b - a : Number.NaN),
    none: 'never',
  };
  const specs: Spec[] = ['a', 'b'].map((subject) => ({ subject, what: '', unit: 'us', floors: [] }));
  specs.push({ subject: 'more', what: '', unit: 'us', floors: [], derived });
  const from = (a: number[][], b: number[][]) =>
    measured(specs, {
      ...{ trial: 1, seconds: 1, load: { before: 0, after: 0 }, stealMs: 0, skipped: [], samples: { a, b } },
    });

  it('does not need a round in which all were measured', () => {
    expect(from([[1000, 3000], []], [[], [5000]]).get('more')).toEqual([[3]]);
  });

  it('has a reason if the figure does not exist, and no reason if a source is missing', () => {
    expect(withoutValue(specs, 1, from([[5000]], [[1000]]))).toEqual([{ trial: 1, subject: 'more', reason: 'never' }]);
    expect(withoutValue(specs, 1, from([[1000]], [[5000]]))).toEqual([]);
    expect(withoutValue(specs, 1, from([[1000]], [[]]))).toEqual([]);
  });
});

const FIBS = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55];
/** Test vectors of FIPS 197, C.1; SP 800-38A, F.2.1; FIPS 180-4's examples. */
const ECB = [
  '000102030405060708090a0b0c0d0e0f',
  '00112233445566778899aabbccddeeff',
  '69c4e0d86a7b0430d8cdb78070b4c55a',
];
const CBC = {
  key: '2b7e151628aed2a6abf7158809cf4f3c',
  vector: '000102030405060708090a0b0c0d0e0f',
  plain:
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  cipher:
    '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7',
};
const DIGESTS: Record<string, string> = {
  '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
};

describe.each(BACKENDS)('%s', (backend) => {
  const skipWithoutKvm = (context: { skip(note: string): void }) => {
    const problem = backend === 'kvm' ? kvmProblem() : undefined;
    if (problem !== undefined) context.skip(problem);
  };

  it('C: AES and SHA-256 return the values of the standards and of OpenSSL', { timeout: 300_000 }, async (task) => {
    skipWithoutKvm(task);
    const context = await open(backend, cProgram('work.c'));
    const aes = async (key: string, vector: string, data: Uint8Array) =>
      hex(await context.call('aes128_cbc', bytes(key), bytes(vector), data));
    expect(await aes(ECB[0]!, '00'.repeat(16), bytes(ECB[1]!))).toBe(ECB[2]);
    expect(await aes(CBC.key, CBC.vector, bytes(CBC.plain))).toBe(CBC.cipher);
    for (const [text, digest] of Object.entries(DIGESTS))
      expect(hex(await context.call('sha256_of', Buffer.from(text)))).toBe(digest);
    for (const length of [1, 55, 56, 63, 64, 65, 119, 120, 16384]) {
      const data = Uint8Array.from(randomBytes(length));
      expect(hex(await context.call('sha256_of', data))).toBe(createHash('sha256').update(data).digest('hex'));
    }
    const data = Uint8Array.from(randomBytes(16384));
    const cipher = createCipheriv('aes-128-cbc', bytes(CBC.key), bytes(CBC.vector)).setAutoPadding(false);
    expect(await aes(CBC.key, CBC.vector, data)).toBe(cipher.update(data).toString('hex'));
    await expect(aes(CBC.key, '00', data)).rejects.toThrow('key and vector have 16 bytes');
    await expect(aes(CBC.key, CBC.vector, data.subarray(1))).rejects.toThrow('no multiple of 16 bytes');
  });

  it('fib is right in C and in JavaScript', { timeout: 300_000 }, async (task) => {
    skipWithoutKvm(task);
    for (const program of [cProgram('work.c'), js(FIB)]) {
      const context = await open(backend, program);
      for (const [n, value] of FIBS.entries()) expect(await context.call('fib', n)).toBe(value);
    }
  });

  it('JavaScript: base64 and the summary are those of Node', { timeout: 300_000 }, async (task) => {
    skipWithoutKvm(task);
    const encoder = await open(backend, js(BASE64));
    for (const length of [0, 1, 2, 3, 1000]) {
      const data = Uint8Array.from(randomBytes(length));
      const text = Buffer.from((await encoder.call('encode', data)) as Uint8Array).toString();
      expect(text).toBe(Buffer.from(data).toString('base64'));
    }
    const context = await open(backend, js(JSON_TRANSFORM));
    const text = recordsText(100);
    const native = inNode<{ transform(text: string): string }>(JSON_TRANSFORM);
    expect(await context.call('transform', text)).toBe(native.transform(text));
  });
});

describe('the references', () => {
  it('Node and QuickJS run the same source', async () => {
    const data = Uint8Array.from(randomBytes(100));
    const expected = Buffer.from(data).toString('base64');
    const text = (value: unknown) => Buffer.from(value as Uint8Array).toString();
    expect(text(inNode<{ encode(data: Uint8Array): Uint8Array }>(BASE64).encode(data))).toBe(expected);
    expect(text((await QuickJsInV8.create(BASE64)).call('encode', data))).toBe(expected);
    expect((await QuickJsInV8.create(FIB)).call('fib', 10)).toBe(55);
    const summary = JSON.parse(inNode<{ transform(text: string): string }>(JSON_TRANSFORM).transform(recordsText(34)));
    expect(summary['team 2']).toEqual({ count: 1, score: 2 / 3, names: ['USER 2'] });
  });

  it('the C floors return samples for any number up to their maximum, and report a number that is too large', async () => {
    const process = new FloorProcess(buildFloor());
    expect(await process.sampler('c.fib.25')(2)).toHaveLength(2);
    const [short, long] = [await process.sampler('c.fib.5')(5), await process.sampler('c.fib.28')(3)];
    expect(Math.min(...long) / Math.min(...short)).toBeGreaterThan(1000);
    for (const name of ['c.aes128cbc.16384', 'c.sha256.16384'])
      expect((await process.sampler(name)(1))[0]).toBeGreaterThan(0);
    await expect(process.sampler('c.fib.41')(1)).rejects.toThrow('c.fib.41: at most 40');
    await process.close();
  });
});

it('calls of fib are counted', () => {
  let calls = 0;
  const fib = (n: number): number => {
    calls++;
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
  };
  fib(15);
  expect(callsOf(15)).toBe(calls);
  expect(callsOf(30)).toBe(2_692_537);
});

it('every subject of a quick run is measured, or there is a reason', { timeout: 600_000 }, (task) =>
  expectQuickRun('work', task),
);
