/** Tests that text from guests, files and sources cannot drive a terminal or change its reading order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColonyError, createContext, js, printable } from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must not get through
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const text = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom(
      '\u001b[2J',
      '\u009b31m',
      '\u0007',
      '\r',
      '\u202e',
      '\u2066',
      '\u2028',
      '\n',
      '\t',
      'ä',
      '\u{1f469}\u200d\u{1f680}',
    ),
  ),
});

describe('printable', () => {
  it('removes all characters that control a terminal or reorder text, and keeps the rest in its place', () => {
    fc.assert(
      fc.property(text, (input) => {
        const shown = printable(input);
        expect(shown).not.toMatch(UNSEEN);
        expect(shown).toHaveLength(input.length);
        for (let at = 0; at < input.length; at++) {
          if (!UNSEEN.test(input[at]!)) expect(shown.charCodeAt(at)).toBe(input.charCodeAt(at));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('does not change ordinary text', () => {
    for (const plain of ['', 'a\n\tb', 'äöü €', 'שלום', '\u{1f469}\u200d\u{1f680}', '\ufeff', '\ud800']) {
      expect(printable(plain)).toBe(plain);
    }
  });

  it('applies to the message of every ColonyError (L2)', async () => {
    expect(new ColonyError('ERR_COMPILE', 'a\u001b[2Jb\u202ec').message).toBe('a\ufffd[2Jb\ufffdc');
    const program = js('export const f = () => { throw new Error("\\u001b[2J\\u0007\\u202e"); }');
    await using context = await createContext({ backend: fakeBackend(), program });
    const error = await context.call('f').catch((thrown: unknown) => thrown as ColonyError);
    expect((error as ColonyError).message).toBe('guest code threw Error: \ufffd[2J\ufffd\ufffd');
    expect((error as ColonyError).details.guest!.message).toBe('\u001b[2J\u0007\u202e');
    const parse = js('export const = "\\u001b"', { filename: 'a\u001b[31m.js' });
    await expect(createContext({ backend: fakeBackend(), program: parse })).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.not.stringMatching(UNSEEN),
    });
  });
});
