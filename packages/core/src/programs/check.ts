/** A program as an option: made by this package or by another copy of it, so it is known by its parts. */
import { types } from 'node:util';
import { PROGRAM_KINDS } from '../backend.js';
import { joinPath, type Reader } from '../validate.js';
import type { Program } from './types.js';

type Part = readonly [key: string, expected: string, holds: (value: unknown) => boolean];

const text = (value: unknown) => typeof value === 'string';
const bytes = types.isUint8Array;
const optional = (holds: (value: unknown) => boolean) => (value: unknown) => value === undefined || holds(value);
const record = (holds: (value: unknown) => boolean) => (value: unknown) =>
  typeof value === 'object' && value !== null && Object.values(value).every(holds);

/** What a resolved program has besides its kind, name and hash. */
const PARTS: Readonly<Record<Program['kind'], readonly Part[]>> = {
  js: [
    ['source', 'source text', text],
    ['modules', 'source texts by name', record(text)],
  ],
  native: [
    ['image', 'a Uint8Array', optional(bytes)],
    ['images', 'images by target', optional(record(optional(bytes)))],
    ['cFile', 'a path', optional(text)],
    ['cFlags', 'a list of flags', optional((value) => Array.isArray(value) && value.every(text))],
  ],
  wasm: [['module', 'a Uint8Array', bytes]],
  component: [['component', 'a Uint8Array', bytes]],
};
const EXPECTED = 'a program, such as js`...`, js.file(path) or native.c(path)';

/** @throws ColonyError with the reader's code */
export function readProgram(value: unknown, reader: Reader, path: string): Program<never> {
  // Those who look at it later do not expect that looking throws.
  const isPlain = (part: unknown) => typeof part === 'object' && part !== null && !types.isProxy(part);
  const get = (part: unknown, key: string, at: string) =>
    reader.look(joinPath(at, key), () => (part as Record<string, unknown>)[key]);
  if (!isPlain(value)) reader.fail(path, EXPECTED, value);
  const resolved = get(value, 'resolved', path);
  if (!isPlain(resolved)) reader.fail(path, EXPECTED, value);
  const inside = joinPath(path, 'resolved');
  for (const [part, at] of [
    [value, path],
    [resolved, inside],
  ] as const) {
    reader.word(get(part, 'kind', at), `${at}.kind`, PROGRAM_KINDS);
    for (const key of ['filename', 'hash'])
      if (!text(get(part, key, at))) {
        reader.fail(`${at}.${key}`, 'a string', get(part, key, at));
      }
  }
  for (const [key, expected, holds] of PARTS[get(resolved, 'kind', inside) as Program['kind']]) {
    const part = get(resolved, key, inside);
    if (!reader.look(`${inside}.${key}`, () => holds(part))) reader.fail(`${inside}.${key}`, expected, part);
  }
  return value as Program<never>;
}
