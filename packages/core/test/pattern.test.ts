/** Tests patterns in policies: they mean the same as in RegExp, and no string takes more than linear time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, LinearPattern, MAX_SUBJECT } from '../src/predicates/pattern.js';
import { leastTime } from './lib/least-time.js';

function matcher(source: string): LinearPattern {
  const compiled = compilePattern(source);
  if (typeof compiled === 'string') throw new Error(`${source}: ${compiled}`);
  return compiled;
}

const CHARACTERS = [
  'a',
  'b',
  'A',
  '1',
  '-',
  '_',
  ' ',
  '\n',
  '\r',
  '\u2028',
  '\t',
  '\0',
  'é',
  '\u0300',
  '\ud800',
  '\udc68',
  '😀',
  '/',
  ']',
  '}',
  '{',
  '.',
  '\\',
];
const character = fc.constantFrom(
  ...[
    'a',
    'b',
    '1',
    '-',
    '😀',
    'é',
    '\\n',
    '.',
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\\\',
    '\\.',
    '\\/',
    '\\]',
    '\\}',
  ],
  ...['[ab]', '[^ab]', '[a-z\\d]', '[\\]}-]', '[^]', '[]', '[\\w😀]', '[\\u{1f600}-\\u{1f64f}]', '[\\b]', '[(|)*]'],
  ...[
    '\\u0061',
    '\\u{61}',
    '\\x61',
    '\\ud83d\\ude00',
    '\\ud800',
    '\\u{d83d}',
    '\\cJ',
    '[\\0]',
    '\\p{L}',
    '\\P{Lu}',
    '[\\p{L}_]',
  ],
);
const assertion = fc.constantFrom('^', '$', '\\b', '\\B');
const quantifier = fc.constantFrom('*', '+', '?', '{2}', '{0}', '{1,}', '{0,2}', '{1,3}', '*?', '+?', '??', '{1,2}?');
const patterns = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 4, arbitrary: character },
    { weight: 1, arbitrary: assertion },
    { weight: 3, arbitrary: fc.tuple(character, quantifier).map((parts) => parts.join('')) },
    { weight: 4, arbitrary: fc.array(tie('pattern'), { maxLength: 3 }).map((parts) => parts.join('')) },
    {
      weight: 2,
      arbitrary: fc.array(tie('pattern'), { minLength: 2, maxLength: 3 }).map((parts) => `(?:${parts.join('|')})`),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:'), tie('pattern'), quantifier)
        .map(([open, inner, sign]) => `${open}${inner})${sign}`),
    },
  ),
})).pattern;
const texts = fc.oneof(
  fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 6, unit: 'binary' }),
);

describe('patterns', () => {
  it('match exactly what RegExp matches', () => {
    let [matched, refused] = [0, 0];
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 10 }), (source, list) => {
        const compiled = matcher(source);
        const expected = new RegExp(`^(?:${source})$`, 'u');
        for (const text of [...list, ...CHARACTERS, '']) {
          expect([text, compiled.test(text)]).toEqual([text, expected.test(text)]);
          if (expected.test(text)) matched++;
          else refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(matched, refused)).toBeGreaterThan(1000);
  });
  it('of any text are refused or mean the same as in RegExp', () => {
    const source = fc
      .array(fc.constantFrom(...'ab(|)*+?{},12[]^$\\.-:<=!kdupLx=>'), { maxLength: 10 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(source, fc.array(texts, { maxLength: 5 }), (pattern, list) => {
        const compiled = compilePattern(pattern);
        if (typeof compiled === 'string') return;
        const expected = new RegExp(`^(?:${pattern})$`, 'u');
        for (const text of [...list, 'a', 'aab', 'b1', '']) expect(compiled.test(text)).toBe(expected.test(text));
      }),
      { numRuns: 5000 },
    );
  });
  it('with many repetitions match as RegExp does at every length', () => {
    for (const source of [
      'a{3,300}',
      'a{300,}',
      'a{256}',
      'a{257}',
      '(?:a?){300}',
      'a{1,255}',
      '[ab]{0,255}b',
      '(?:aa){2,200}',
      'a{0,1000}',
    ]) {
      const [compiled, expected] = [matcher(source), new RegExp(`^(?:${source})$`, 'u')];
      for (const length of [0, 1, 2, 3, 4, 254, 255, 256]) {
        const text = 'a'.repeat(length);
        expect([source, length, compiled.test(text)]).toEqual([source, length, expected.test(text)]);
      }
      expect(compiled.test('a'.repeat(MAX_SUBJECT + 1))).toBe(false);
    }
  });
  it('that an automaton cannot match, and too large ones, are refused', () => {
    const sources = [
      '(a)\\1',
      '(?<x>a)\\k<x>',
      '(?=a)',
      '(?!a)',
      '(?<!a)b',
      '(?<=a)b',
      '(?i:a)',
      'a{5000}',
      '(',
      'a{2',
      '*',
      '[b-a]',
    ];
    for (const source of [
      ...sources,
      '(?:(?:a{100}){100}){100}',
      '('.repeat(999),
      'x'.repeat(1001),
      'a{0,255}'.repeat(3),
    ])
      expect([source, typeof compilePattern(source)]).toEqual([source, 'string']);
    for (const source of [
      '',
      'abc',
      '[a-z]+\\d{2,3}',
      '(?:foo|bar):\\w+',
      '[+*(]?',
      '(ab)?c*',
      'a\\+b',
      '(a+)+',
      '(a|a)*',
      '(.*)(.*)',
    ])
      expect(matcher(source)).toBeInstanceOf(LinearPattern);
  });
  it('take linear time', async () => {
    // With backtracking, these take exponential time or time of a high power.
    const hard = [
      ...[
        `${'(?:a|aa)'.repeat(24)}c`,
        '(a+)+b',
        '(?:a|a)*b',
        '(?:a|aa)*b',
        '(?:a*)*b',
        `${'a*'.repeat(20)}b`,
        '(?:(?:a?)*)*b',
      ],
      ...[
        'a?'.repeat(100) + 'a'.repeat(100),
        '(?:a{1,100}){1,5}b',
        '(?:.*){50}b',
        '(?:a?){200}b',
        '(?:\\ba|a\\B|a)*b',
        '(?:[^b]|.)*b',
        'a{0,255}a{0,255}b',
      ],
    ];
    const least = (run: () => unknown) => leastTime(run, 7);
    for (const source of hard) {
      const compiled = matcher(source);
      const [short, long] = [32, 256].map((length) => 'a'.repeat(length)) as [string, string];
      expect(compiled.test(long)).toBe(false);
      const [few, many] = [await least(() => compiled.test(short)), await least(() => compiled.test(long))];
      // The states are entered one after the other, at most 600, so the first characters find fewer of them.
      const steps = await least(() => matcher('a{0,255}a{0,255}b').test(long));
      expect(many, `${source}: ${few} ms for 32 characters, ${many} ms for 256`).toBeLessThan(24 * few + 3 * steps);
    }
  });
});
