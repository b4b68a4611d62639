import { inspect } from 'node:util';
import { printable } from '@colony/core';

/**
 * For a reader. A string is printed as it is, so that `colony run ... > file` holds the text; everything
 * else as Node's console shows it. Control characters of a guest's string do not reach a terminal: an
 * escape sequence could rewrite what stands above it.
 */
export function toText(value: unknown, terminal: boolean): string {
  if (typeof value === 'string') return terminal ? printable(value) : value;
  return inspect(value, { depth: 20, colors: terminal, maxArrayLength: 1000, maxStringLength: 100_000 });
}
