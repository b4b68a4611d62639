/**
 * Computes the cost of parsing a regular expression. An engine makes sets of characters while it parses, and defers the
 * rest.
 */
import * as price from './prices.js';

/** The properties that are sets of strings. */
const STRINGS = /^(?:RGI_|Basic_Emoji|Emoji_Keycap)/;
const LONGEST_STRINGS = 12;

export function patternPrice(source: string, flags: string): number {
  const isSets = flags.includes('v');
  const isUnicode = isSets || flags.includes('u');
  const isFolded = isUnicode && flags.includes('i');
  let total = source.length * (isFolded ? price.FOLDED_PATTERN : isUnicode ? price.UNICODE_PATTERN : price.PATTERN);
  if (!isUnicode) return total;
  const property = price.PROPERTY_CLASS * (isSets ? 2 : 1) * (isFolded ? 4 : 1);
  const strings = isFolded ? price.FOLDED_STRINGS_CLASS : price.STRINGS_CLASS;
  for (let at = source.indexOf('\\'); at >= 0; at = source.indexOf('\\', at + 2)) {
    if (source[at + 1] !== 'p' && source[at + 1] !== 'P') continue;
    const isStrings = isSets && STRINGS.test(source.slice(at + 3, at + 3 + LONGEST_STRINGS));
    total += isStrings ? strings : property;
  }
  return total;
}
