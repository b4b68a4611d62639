/** Reading options: the same way, with the same errors, in core, in every backend and in the compiler. */

import { joinPath, OptionReader } from './option-reader.js';
import { type FilePath, readPath } from './paths.js';

/** Most shells, threads or children that an option may ask for. */
const MOST = 65_536;

/** Returns one option's value as it may be used. @throws ColonyError ERR_BAD_OPTION */
export type ReadOption<T> = (value: unknown, path: string, reader: OptionReader) => T;

/** How each option is read: a key that is not here is refused. */
export type OptionReaders<Options> = {
  readonly [Key in keyof Options]-?: ReadOption<Exclude<Options[Key], undefined>>;
};

/** Those that were given, and those without which nothing can be done. */
export type ReadOptions<Options, Needed extends keyof Options = never> = {
  readonly [Key in keyof Options]?: Exclude<Options[Key], undefined>;
} & Required<Pick<Options, Needed>>;

/** An integer from `least` to 65,536. */
export const countFrom =
  (least: number): ReadOption<number> =>
  (value, path, reader) =>
    reader.integer(value, path, least, MOST);

/** `true` or `false`. */
export const flag: ReadOption<boolean> = (value, path, reader) => reader.boolean(value, path);

/** Whatever it is: it is read where it is used. */
export const asGiven: ReadOption<never> = (value) => value as never;

/** A non-empty string. */
export const text: ReadOption<string> = (value, path, reader) => reader.string(value, path);

/** A path or a `file:` URL, as a path. */
export const filePath: ReadOption<FilePath & string> = (value, path, reader) => readPath(value, reader, path);

/** One of a few words. */
export const oneOf =
  <const T extends string>(...words: readonly T[]): ReadOption<T> =>
  (value, path, reader) =>
    reader.word(value, path, words);

/** A list, each item of it read alike. */
export const listOf =
  <T>(each: ReadOption<T>): ReadOption<readonly T[]> =>
  (value, path, reader) =>
    reader.list(value, path, (item, at) => each(item, at, reader));

/** An object with options of its own. Those in `needed` are read where they were not given, too, and so refused. */
export const objectOf =
  <Options extends object, Needed extends keyof Options & string = never>(
    readers: OptionReaders<Options>,
    needed: readonly Needed[] = [],
  ): ReadOption<ReadOptions<Options, Needed>> =>
  (value, path, reader) => {
    const read: Record<string, unknown> = {};
    const given = reader.object(value, path, Object.keys(readers));
    for (const key of new Set([...Object.keys(given), ...needed])) {
      if (given[key] === undefined && !needed.includes(key as Needed)) continue;
      read[key] = readers[key as keyof Options](given[key], joinPath(path, key), reader);
    }
    return read as ReadOptions<Options, Needed>;
  };

/** `first`, or else `second`: for what may be a flag or a word. */
export const either =
  <A, B>(is: (value: unknown) => boolean, first: ReadOption<A>, second: ReadOption<B>): ReadOption<A | B> =>
  (value, path, reader) =>
    is(value) ? first(value, path, reader) : second(value, path, reader);

/**
 * What was given, each option read once; `undefined` counts as not given.
 * @param name of all of them in messages and in `details.path`: `options`, `backendOptions`
 * @throws ColonyError ERR_BAD_OPTION
 */
export function readOptions<Options extends object, Needed extends keyof Options & string = never>(
  name: string,
  given: unknown,
  readers: OptionReaders<Options>,
  needed: readonly Needed[] = [],
): ReadOptions<Options, Needed> {
  return objectOf(readers, needed)(given, '', new OptionReader('ERR_BAD_OPTION', name));
}
