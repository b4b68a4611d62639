/** Fuzzes patterns of policies: an accepted pattern matches the same texts as the engine's RegExp, in linear time. */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { compilePattern } from '../src/predicates/pattern.js';

const patterns = [
  '[a-z]+(?:-[a-z]+)*',
  '^a|b$',
  '\\d{1,3}(?:\\.\\d{1,3}){3}',
  '(a?){0,5}',
  '[^\\u{1F600}]*\\b.\\B',
  '(?<name>x|y|)+?',
  '\\p{L}\\P{N}*',
  '\\ud83d\\ude00',
  'a{2,}|[\\w\\-]{0,4}\\cA\\x41',
];
const subjects = ['', 'a', 'ab', 'aaaa', 'a-b', '1.2.3.4', 'A', '\ud83d\ude00', '\ud83d', 'x y', 'xyxy', '\n', 'é1_'];
/** The engine's RegExp may take exponential time, so only short patterns are compared. */
const MOST_COMPARED = 40;

const text = new TextDecoder();

function read(input: Uint8Array): unknown {
  const source = text.decode(input);
  const compiled = compilePattern(source);
  if (typeof compiled === 'string') return undefined;
  for (const subject of [...subjects, 'a'.repeat(256)]) {
    const matches = compiled.test(subject);
    if (source.length > MOST_COMPARED || subject.length > 8) continue;
    if (matches !== new RegExp(`^(?:${source})$`, 'u').test(subject))
      throw new Error(
        `/${source}/ ${matches ? 'matches' : 'does not match'} ${JSON.stringify(subject)}, other than in JavaScript`,
      );
  }
  return compiled;
}

const words = [
  '(?:',
  '(?<a>',
  '(?=',
  '(?<!',
  '\\1',
  '\\k<a>',
  '\\b',
  '\\B',
  '\\p{L}',
  '\\u{1F600}',
  '\\ud83d\\ude00',
  '[^',
  '[a-z]',
  '{1,3}',
  '{0}',
  '{250}',
  '*?',
  '+?',
  '??',
  '|',
  '^',
  '$',
  '.',
  '\\c',
  '(?i:',
  '\\-',
  '[\\b]',
  '[]',
  '[^]',
];

export const reader = (): Reader => ({
  name: 'pattern',
  what: "a policy's pattern, on strings that a guest chose",
  seeds: patterns.map((pattern) => new TextEncoder().encode(pattern)),
  mutators: [bytesMutator(words)],
  read,
  refusals: [],
  planted: (input, value) => value !== undefined && /\(\?:.*\{.*\|/.test(text.decode(input)),
  // A match takes at most one step for each state and character.
  allowance: 2 ** 20,
});
