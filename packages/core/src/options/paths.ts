/** Paths of files, as callers pass them. */
import { fileURLToPath } from 'node:url';
import type { UrlLike } from '../platform-types.js';
import type { OptionReader } from './option-reader.js';

/**
 * Location of a file: a path, a `file:` URL, or such a URL as a string. A relative path is relative to the working
 * directory of the process, as in `node:fs`. `new URL('x.js', import.meta.url)` is relative to the module.
 */
export type FilePath = string | UrlLike;

/** Longest path on any system, in characters. */
const LONGEST = 32_767;

/** @throws ColonyError with the reader's code */
export function readPath(value: unknown, reader: OptionReader, path: string): string {
  const expected = 'a path or a file: URL';
  if (typeof value === 'string' && !value.startsWith('file://')) {
    if (value === '' || value.length > LONGEST || value.includes('\0')) reader.fail(path, expected, value);
    return value;
  }
  if (typeof value !== 'string' && !reader.look(path, () => value instanceof URL)) reader.fail(path, expected, value);
  try {
    return fileURLToPath(value as string | URL);
  } catch {
    return reader.fail(path, expected, typeof value === 'string' ? value : reader.look(path, () => String(value)));
  }
}
