import { inspect } from 'node:util';
import { printable } from '@colony/core';

/**
 * Formats a value for people. A string is printed unchanged, so that `colony run ... > file` stores the text; other
 * values are printed as by Node's console. Control characters of a guest's string do not reach a terminal: an escape
 * sequence could overwrite earlier output.
 */
export function toText(value: unknown, terminal: boolean): string {
  if (typeof value === 'string') return terminal ? printable(value) : value;
  return inspect(value, { depth: 20, colors: terminal, maxArrayLength: 1000, maxStringLength: 100_000 });
}
