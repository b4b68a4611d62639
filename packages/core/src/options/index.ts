/** Reads options in the same way, with the same errors, in core, in every backend and in the compiler. */

import { joinPath, OptionReader } from './option-reader.js';
import { type FilePath, readPath } from './paths.js';

/** Most shells, threads or children that an option may request. */
const MOST = 65_536;

/**
 * Returns one option's value after checking it.
 * @throws ColonyError ERR_BAD_OPTION
 */
export type ReadOption<T> = (value: unknown, path: string, reader: OptionReader) => T;

/** The reader of each option. A key without a reader is refused. */
export type OptionReaders<Options> = {
  readonly [Key in keyof Options]-?: ReadOption<Exclude<Options[Key], undefined>>;
};

/** The options that are present. The `Needed` ones always are. */
export type ReadOptions<Options, Needed extends keyof Options = never> = {
  readonly [Key in keyof Options]?: Exclude<Options[Key], undefined>;
} & Required<Pick<Options, Needed>>;

/** Reads an integer from `least` to 65,536. */
export const countFrom =
  (least: number): ReadOption<number> =>
  (value, path, reader) =>
    reader.integer(value, path, least, MOST);

/** Reads `true` or `false`. */
export const flag: ReadOption<boolean> = (value, path, reader) => reader.boolean(value, path);

/** Returns the value unread; the code that uses it reads it. */
export const asGiven: ReadOption<never> = (value) => value as never;

/** Reads a non-empty string. */
export const text: ReadOption<string> = (value, path, reader) => reader.string(value, path);

/** Reads a path or a `file:` URL, and returns a path. */
export const filePath: ReadOption<FilePath & string> = (value, path, reader) => readPath(value, reader, path);

/** Reads one of a few words. */
export const oneOf =
  <const T extends string>(...words: readonly T[]): ReadOption<T> =>
  (value, path, reader) =>
    reader.word(value, path, words);

/** Reads a list, each item in the same way. */
export const listOf =
  <T>(readItem: ReadOption<T>): ReadOption<readonly T[]> =>
  (value, path, reader) =>
    reader.list(value, path, (item, at) => readItem(item, at, reader));

/** Reads an object with options of its own. A missing option in `needed` is read too, and therefore refused. */
export const objectOf =
  <Options extends object, Needed extends keyof Options & string = never>(
    readers: OptionReaders<Options>,
    needed: readonly Needed[] = [],
  ): ReadOption<ReadOptions<Options, Needed>> =>
  (value, path, reader) => {
    const read: Record<string, unknown> = {};
    const input = reader.object(value, path, Object.keys(readers));
    for (const key of new Set([...Object.keys(input), ...needed])) {
      if (input[key] === undefined && !needed.includes(key as Needed)) continue;
      read[key] = readers[key as keyof Options](input[key], joinPath(path, key), reader);
    }
    return read as ReadOptions<Options, Needed>;
  };

/** Reads with `first` if `is` holds, else with `second`: for an option that may be a flag or a word. */
export const either =
  <A, B>(is: (value: unknown) => boolean, first: ReadOption<A>, second: ReadOption<B>): ReadOption<A | B> =>
  (value, path, reader) =>
    is(value) ? first(value, path, reader) : second(value, path, reader);

/**
 * Reads each option once. `undefined` counts as absent.
 * @param name prefix of all paths in messages and in `details.path`: `options`, `backendOptions`
 * @throws ColonyError ERR_BAD_OPTION
 */
export function readOptions<Options extends object, Needed extends keyof Options & string = never>(
  name: string,
  input: unknown,
  readers: OptionReaders<Options>,
  needed: readonly Needed[] = [],
): ReadOptions<Options, Needed> {
  return objectOf(readers, needed)(input, '', new OptionReader('ERR_BAD_OPTION', name));
}
