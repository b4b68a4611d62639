/** Frames with the highest decoding cost for their bytes: every kind of value, in every kind of container. */
import { concat } from '../../src/wire/codec/public.js';

export type Bytes = readonly number[];
/** Returns the bytes of one value. `n` counts the values of a frame, for values that must differ. */
export type Item = (n: number) => Bytes;

export function head(major: number, n: number): number[] {
  if (n < 24) return [major | n];
  if (n < 0x100) return [major | 24, n];
  if (n < 0x10000) return [major | 25, n >> 8, n & 255];
  return [major | 26, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];
}

const text = (value: string): number[] => [...head(0x60, Buffer.byteLength(value)), ...Buffer.from(value)];
const tag = (number: number, ...content: Bytes): number[] => [...head(0xc0, number), ...content];
const typed = (name: string, ...content: Bytes): number[] => tag(27, 0x82, ...text(name), ...content);
export const regexp = (source: string, flags: string): number[] => tag(21066, 0x82, ...text(source), ...text(flags));

function double(value: number): number[] {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return [...bytes];
}

/** Returns letters only, so that the word is not an array index. */
export function word(n: number, length: number): string {
  let result = '';
  for (let i = 0, rest = n; i < length; i++, rest = Math.floor(rest / 26))
    result += String.fromCharCode(97 + (rest % 26));
  return result;
}

export function object(keys: readonly string[], value: Bytes = [0]): number[] {
  return [...head(0xa0, keys.length), ...keys.flatMap((key) => [...text(key), ...value])];
}

const count = (length: number, make: (i: number) => string) => Array.from({ length }, (_, i) => make(i));

/** Returns an array, or another container with that head, of enough items for `size` bytes. */
export function frameOf(item: Item, size: number, major = 0x80, before: Bytes = [], first = 0): Uint8Array {
  const room = 16;
  let bytes = new Uint8Array(room + size + 65536);
  let at = room;
  let n = 0;
  for (; at < room + size; n++) {
    const part = item(first + n);
    if (at + part.length > bytes.length) bytes = concat([bytes, new Uint8Array(part.length)]).slice();
    for (let i = 0; i < part.length; i++) bytes[at++] = part[i]!;
  }
  const start = [...before, ...head(major, n)];
  bytes.set(start, room - start.length);
  return bytes.slice(room - start.length, at);
}

/** Bytes. A container of this size is never refused for its size. */
const LARGEST = 3 * 1024 ** 2;

/** Returns one container like that of `frameOf` if it suffices, otherwise an array of as few as possible. */
function framesOf(item: Item, size: number, major?: number, before?: Bytes): Uint8Array {
  if (size <= LARGEST) return frameOf(item, size, major, before);
  const count = Math.ceil(size / LARGEST);
  const parts = Array.from({ length: count }, (_, i) => frameOf(item, size / count, major, before, i * LARGEST));
  return concat([Uint8Array.from(head(0x80, count)), ...parts]).slice();
}

export const items: Readonly<Record<string, Item>> = {
  'an integer': () => [1],
  'a half': () => [0xf9, 0x38, 1],
  'a double': (n) => double(n + 0.5),
  'an empty array': () => [0x80],
  'an array of one': () => [0x81, 0],
  'an array of two': () => [0x82, 0, 0],
  'an array of eighteen': () => [0x92, ...new Array(18).fill(0)],
  'an empty object': () => [0xa0],
  'an object of one key': () => object(['a']),
  'an object of an empty key': () => object(['']),
  'an object of six keys': () => object([...'abcdef']),
  'an object of 24 keys': () => object([...'abcdefghijklmnopqrstuvwx']),
  'an object of a key of its own': (n) => object([word(n, 3)]),
  'an object of two keys that no other has together': (n) =>
    object([word(n % 1500, 3), `A${word(Math.floor(n / 1500), 2)}`]),
  'an object of five keys of its own': (n) => object(count(5, (i) => word(n * 5 + i, 4))),
  'an object of 17 known keys in another order': (n) =>
    object(count(17, (i) => String.fromCharCode(65 + ((n + i * (1 + (n % 16))) % 17)))),
  'an object of 40 keys of its own': (n) => object(count(40, (i) => word(n * 40 + i, 4))),
  'an object of a key that starts as an index': (n) => object([`0${n % 10_000}`]),
  'an object of the key __proto__': () => object(['__proto__']),
  'an object of the index 0': () => object(['0']),
  'an object of the index 9': () => object(['9']),
  'an object of the index 1023': () => object(['1023']),
  'an object of indices apart': () => object(['1023', '2000', '3321']),
  'an object of indices apart behind a key': () => object(['a', '1023', '2000', '3321']),
  'an object of ten indices': () => object(count(10, String)),
  'an object of ten indices a hundred apart': () => object(count(10, (i) => String(i * 100))),
  'an object of indices that fall': () => object(count(8, (i) => String(900 - i * 100))),
  'an object of the last index': () => object(['4294967294', '1000']),
  'an empty byte string': () => [0x40],
  'a byte string of one': () => [0x41, 5],
  'a byte string of a hundred': () => [0x58, 100, ...new Array(100).fill(5)],
  'an empty Float64Array': () => tag(86, 0x40),
  'an empty DataView': () => typed('DataView', 0x40),
  'an empty ArrayBuffer': () => typed('ArrayBuffer', 0x40),
  'an empty Map': () => tag(259, 0xa0),
  'a Map of one': () => tag(259, 0xa1, 0, 0),
  'a Map of five': () => tag(259, 0xa5, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0),
  'an empty Set': () => tag(258, 0x80),
  'a Set of five': () => tag(258, 0x85, 0, 1, 2, 3, 4),
  'a Set of an object': () => tag(258, 0x81, 0xa0),
  'a Date': () => tag(1, 0),
  'a Date by name': () => typed('Date', 0),
  'a bigint': () => tag(2, 0x41, 5),
  'a bigint of 64 bits': () => tag(2, 0x48, 1, 2, 3, 4, 5, 6, 7, 8),
  'a long bigint': () => tag(2, ...head(0x40, 65536), ...new Array(65536).fill(255)),
  'an Error': () => typed('Error', 0xa0),
  'an AggregateError': () => typed('AggregateError', 0xa0),
  'an Error with a key of its own': (n) => typed('Error', ...object([word(n, 3)])),
  'an Error with indices apart': () => typed('Error', ...object(['1023', '2000', '3321'])),
  'a Number object': () => typed('Number', 0),
  'a String object': () => typed('String', 0x60),
  'a regular expression': () => regexp('a', ''),
  'a regular expression of its own': (n) => regexp(word(n, 4), ''),
  'a regular expression of a property': () => regexp('\\p{L}', 'u'),
  'a regular expression of a property, folded': () => regexp('\\P{L}', 'iv'),
  'a regular expression of a property of strings': () => regexp('\\p{RGI_Emoji}', 'v'),
  'a regular expression of groups': () => regexp('(a|)'.repeat(20), ''),
  'a regular expression of a class that is folded': () => regexp('\\W'.repeat(20), 'iu'),
  'a regular expression of classes of sets that are folded': () => regexp('[\\w&&[^a]]'.repeat(10), 'iv'),
  'a string of one letter': () => text('a'),
  'a string of three letters': (n) => text(word(n, 3)),
  'a string of 24 letters': (n) => text(word(n, 24)),
  'a string of 26 letters': (n) => text(word(n, 26)),
  'a string of one letter with an accent': () => text('é'),
  'a long string of two-byte letters': () => text('中'.repeat(10_000)),
  'a lone surrogate': () => tag(273, 0x43, 0xed, 0xa0, 0x80),
  'a long string as WTF-8': () => tag(273, ...head(0x40, 10_000), ...new Array(10_000).fill(65)),
  'a shared array': () => tag(28, 0x80),
  'a shared object': () => tag(28, 0xa0),
};

const wraps: Readonly<Record<string, (content: Bytes) => Bytes>> = {
  'in an array': (content) => [0x81, ...content],
  'in an object': (content) => [0xa1, 0x60, ...content],
  'in a Map': (content) => tag(259, 0xa1, 0, ...content),
  'in a Set': (content) => tag(258, 0x81, ...content),
  'in a shared array': (content) => tag(28, 0x81, ...content),
  'in the cause of an error': (content) => typed('Error', 0xa1, ...text('cause'), ...content),
};

function nested(wrap: (content: Bytes) => Bytes, depth: number, leaf: Bytes): Item {
  let content = leaf;
  for (let i = 0; i < depth; i++) content = wrap(content);
  const whole = content;
  return () => whole;
}

/** Returns keys that fall into one bucket of V8's tables, according to `hash`. */
export function colliding(make: (i: number) => unknown, hash: (key: unknown) => number, n: number): unknown[] {
  const keys: unknown[] = [];
  for (let i = 0; keys.length < n; i++) {
    const key = make(i);
    if ((hash(key) & 0x3ff) === 77) keys.push(key);
  }
  return keys;
}

/** Returns all frames, each of `size` bytes and made on request. */
export function worstFrames(size: number): (readonly [string, () => Uint8Array])[] {
  const single = Object.entries(items).map(([name, item]) => [name, () => framesOf(item, size)] as const);
  const deep = Object.entries(wraps).flatMap(([name, wrap]) =>
    [20, 60].map((depth) => [`${depth} deep ${name}`, () => framesOf(nested(wrap, depth, [0xa0]), size)] as const),
  );
  const whole: [string, () => Uint8Array][] = [
    ['one object of keys', () => framesOf((n) => [...text(word(n, 5)), 0], size, 0xa0)],
    ['one object of indices', () => framesOf((n) => [...text(String(n)), 0], size, 0xa0)],
    ['one object of indices apart', () => framesOf((n) => [...text(String((n * 100003) % 4294967291)), 0], size, 0xa0)],
    ['one Set of integers', () => framesOf((n) => head(0, n), size, 0x80, tag(258))],
    ['one Set of doubles', () => framesOf((n) => double(n + 0.5), size, 0x80, tag(258))],
    ['one Set of objects', () => framesOf(() => [0xa0], size, 0x80, tag(258))],
    ['one Map of strings', () => framesOf((n) => [...text(word(n, 5)), 0], size, 0xa0, tag(259))],
    ['one Map of arrays', () => framesOf(() => [0x80, 0], size, 0xa0, tag(259))],
    ['references to one object', () => concat([Uint8Array.from(tag(28)), framesOf(() => tag(29, 0), size)]).slice()],
    ['arrays that claim all that is left', () => framesOf(() => [0x9a, 0, size >> 17, 0, 0], size)],
  ];
  return [...single, ...deep, ...whole];
}
