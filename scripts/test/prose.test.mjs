// The prose check finds broken rules, and reads only comments and pages.
import { describe, expect, it } from 'vitest';
import { paragraphsOf } from '../prose/paragraphs.mjs';
import { brokenRule, sentencesOf } from '../prose/rules.mjs';

/** @param {string} name @param {string} text */
const rulesIn = (name, text) => paragraphsOf(name, text).flatMap(({ text }) => sentencesOf(text).map(brokenRule));
/** @param {string} name @param {string} text */
const brokenIn = (name, text) => rulesIn(name, text).filter((rule) => rule !== undefined);

describe('a sentence', () => {
  it.each([
    ['opening', 'Of files that have no virtine only functions matter.'],
    ['opening', 'What booted is what programs are evaluated on.'],
    ['opening', 'Nobody comes here.'],
    ['dialect', 'The value is no number.'],
    ['dialect', 'Names of others are none.'],
    ['dialect', 'The key is computed anew.'],
    ['length', `It ${'has one more word and '.repeat(6)}ends.`],
  ])('breaks the rule of %s: %s', (rule, sentence) => expect(brokenRule(sentence)).toBe(rule));

  it.each([
    'Returns `undefined` if there is none.',
    'The state is no longer shared.',
    'What is it for?',
    'Names files of other packages.',
    'Runs `What` and "Of what it is no part of".',
  ])('keeps the rules: %s', (sentence) => expect(brokenRule(sentence)).toBeUndefined());
});

it('sentences end at marks and quotations, too', () => {
  expect(sentencesOf('**Limits.** *Few* bytes. [Nobody](x.md) asks. "It ends." Then `x`.')).toEqual([
    '**Limits.**',
    '*Few* bytes.',
    '[Nobody](x.md) asks.',
    '"It ends."',
    'Then `x`.',
  ]);
});

describe('the check reads', () => {
  it('comments of TypeScript, joined across lines, and no strings', () => {
    const text = [
      '// Reads a file. What is left',
      '// is a second sentence.',
      "const url = 'https://a.example/'; // Nobody reads this.",
      'const text = `// What stands here is text`;',
      '/** Returns it. @param x Of this kind */',
      'export const f = (x: string) => x.replace(/\\/\\/ What/, text + url);',
    ].join('\n');
    expect(brokenIn('a.ts', text)).toEqual(['opening', 'opening', 'opening']);
  });

  it('comments of C, and no strings', () => {
    expect(brokenIn('a.c', '/* Nobody calls it. */\nchar *s = "// What"; // Fine.\n')).toEqual(['opening']);
  });

  it('comments with code between them apart, and no tables in them', () => {
    const text = 'int a;  // It has a few words.\nint b;  // nothing\n\n// Not joined\n\n// What\n// | What |\n';
    expect(paragraphsOf('a.h', text).map(({ text }) => text.trim())).toEqual([
      'It has a few words.',
      'nothing',
      'Not joined',
      'What',
    ]);
  });

  it('paragraphs and items of Markdown, and no code or tables', () => {
    const text =
      '# What it is\n\nOf this\npage.\n\n- It works.\n- Where it fails, it says so.\n\n| What |\n|---|\n\n```\nWhat\n```\n';
    expect(brokenIn('a.md', text)).toEqual(['opening', 'opening']);
  });
});
