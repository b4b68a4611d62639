// The rules of CONTRIBUTING's "English" that a program can check.

/** Most words of one sentence. */
const MOST_WORDS = 30;

/** Words that open a sentence whose subject is a clause: "Of files that ... only functions matter". */
const OPENING = /^(?:What|Of|Whoever|Nobody|Behind|Where)\b/;
/** "is no number", "are none": the field says "is not a number". "anew" is "again". */
const DIALECT =
  /(?<!there )\b(?:is|are|was|were) (?:no|none)\b(?! (?:longer|more|less|fewer|later|larger|smaller)\b)|\banew\b|\bwhoever\b/i;

/** A part of a sentence that counts as one word: code, a link's target, a quotation. */
const OPAQUE = /`[^`]*`|\]\([^)]*\)|"[^"]*"/g;

/** @param {string} sentence @returns {string | undefined} the name of the rule that it breaks */
export function brokenRule(sentence) {
  const plain = sentence.replace(OPAQUE, ' x ').trim();
  if (plain.endsWith('?')) return undefined;
  if (OPENING.test(plain)) return 'opening';
  if (DIALECT.test(plain)) return 'dialect';
  return plain.split(/\s+/).filter((word) => /\w/.test(word)).length > MOST_WORDS ? 'length' : undefined;
}

/** @param {string} text one paragraph @returns {string[]} */
export const sentencesOf = (text) =>
  text
    .replace(/\s+/g, ' ')
    .split(/(?<=[.!?:;][*")]*)\s+(?=[A-Z`"(*[])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
