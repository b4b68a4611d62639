/** Tests errors that guests describe: they are bounded, and read in time linear in their texts. */
import { describe, expect, it } from 'vitest';
import { readLoadResult } from '../src/context/guest-errors.js';
import type { GuestErrorInfo } from '../src/errors.js';
import { concat, encode, DEFAULT_CODEC_LIMITS as LIMITS } from '../src/wire/codec/public.js';
import { decodeBatchResult, decodeLoadResult, decodeResult } from '../src/wire/node.js';
import { leastTime } from './lib/least-time.js';

const frameOf = (info: unknown) => concat(encode([1, info])).slice();
const caught = (work: () => unknown): { message: string; details: Record<string, unknown> } => {
  try {
    work();
  } catch (error) {
    return error as never;
  }
  throw new Error('nothing was thrown');
};
const thrown = (info: object) => caught(() => readLoadResult(frameOf(info)));

describe('texts of a guest’s error', () => {
  it('are cut on entry', () => {
    const long = 'x'.repeat(2 ** 20);
    const info = { name: long, message: long, stack: long, code: long, value: 5, extra: 'is not taken over' };
    const outcome = decodeResult(frameOf(info), LIMITS) as [1, GuestErrorInfo];
    const all = [
      outcome[1],
      decodeLoadResult(frameOf(info), LIMITS),
      decodeBatchResult(frameOf(info), 1, LIMITS),
      (decodeBatchResult(concat(encode([0, [[1, info]]])).slice(), 1, LIMITS) as [1, GuestErrorInfo][])[0]![1],
    ];
    for (const info of all as GuestErrorInfo[]) {
      expect(Object.keys(info)).toEqual(['name', 'message', 'stack', 'code', 'value']);
      for (const key of ['name', 'message', 'stack', 'code'] as const) {
        expect(info[key]!.length).toBeLessThan(66_000);
        expect(info[key]).toMatch(/^x{1000,}\.\.\. \(\d+ characters more\)$/);
      }
    }
  });
  it('stay unchanged up to 64 KiB', () => {
    const info = { name: 'E', message: 'm'.repeat(65536), stack: 's'.repeat(65536), code: 'c', value: null };
    expect((decodeResult(frameOf(info), LIMITS) as [1, GuestErrorInfo])[1]).toEqual(info);
  });
});

describe('the place of a syntax error', () => {
  it.each([
    ['    at user.js:3:5', 'user.js:3:5'],
    ['    at f (user.js:3)\n    at g (other.js:4:1)', 'user.js:3'],
    ['SyntaxError: x\n    at file:///a/b.js:10:2', 'file:///a/b.js:10:2'],
    ['at a:b:7c', 'a:b:7'],
    ['nowhere', undefined],
    [':5 (:6)', undefined],
    ['', undefined],
  ])('%j', (stack, place) => {
    expect(thrown({ name: 'SyntaxError', message: 'm', stack }).details.path).toBe(place);
  });

  const words: Readonly<Record<string, (n: number) => string>> = {
    'one long word': (n) => 'a'.repeat(n),
    'one long word of colons': (n) => ':'.repeat(n),
    'one long word of digits': (n) => `${'1'.repeat(n)}:`,
    'digits between colons': (n) => `${':a1'.repeat(n / 3)}`,
    spaces: (n) => ' '.repeat(n),
    'many words': (n) => 'at a '.repeat(n / 5),
    parentheses: (n) => '()'.repeat(n / 2),
  };
  it.each(Object.entries(words))('%s take time in proportion to the stack', async (_name, make) => {
    const time = (n: number) => {
      const frame = frameOf({ name: 'SyntaxError', message: 'm', stack: make(n) });
      return leastTime(() => caught(() => readLoadResult(frame)), 15);
    };
    /** Returns the time ratio of the larger and the smaller text, relative to linear growth, which is 1. */
    const growth = async (small: number, large: number) => (await time(large)) / (await time(small)) / (large / small);
    for (const [small, large] of [
      [2000, 64_000],
      [64_000, 1_600_000],
    ] as const) {
      // Quadratic growth would be 32 and 25. The first measurement may be high because of a busy machine.
      const first = await growth(small, large);
      expect(first < 6 ? first : await growth(small, large)).toBeLessThan(6);
    }
  });
});
