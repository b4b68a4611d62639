import { inspect } from 'node:util';

/**
 * For a reader. A string is printed as it is, so that `colony run ... > file` holds the text; everything
 * else as Node's console shows it. Control characters of a guest's string do not reach a terminal: an
 * escape sequence could rewrite what stands above it.
 */
export function toText(value: unknown, terminal: boolean): string {
  if (typeof value === 'string') return terminal ? printable(value) : value;
  return inspect(value, { depth: 20, colors: terminal, maxArrayLength: 1000, maxStringLength: 100_000 });
}

/** Keeps line breaks and tabs, shows other control characters as `\x1b`. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
