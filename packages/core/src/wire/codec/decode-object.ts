/**
 * Decodes plain objects. A few bytes of keys can make an engine allocate kilobytes for an object; this decoder avoids
 * that.
 */

import { isTextNext } from './decode-text.js';
import {
  checkSize,
  claim,
  end,
  enter,
  input,
  isCharged,
  item,
  leave,
  malformed,
  pos,
  skip,
  spend,
  take,
} from './item.js';
import { ANY_KEYS, findKey, hashKey, keepKey, LONGEST_KEPT, NO_KEYS } from './key-cache.js';
import { isPaused, LONG_TEXT, later, pauseAt } from './pause.js';
import * as price from './prices.js';

/** Hash of the keys of the object being decoded, up to the last one read. */
let keys = 0;
/** The array index that the last key read is, or -1. */
let keyIndex = -1;

/** A larger dictionary takes the engine more than 50 ms to enlarge. */
export const MOST_PROPERTIES = 524288;

/** Decodes an object of `n` properties. */
export function record(n: number): unknown {
  if (n * 2 > end - pos) throw malformed('a map is longer than the rest');
  checkSize(n, MOST_PROPERTIES, 'object', 'properties');
  enter();
  spend(price.OBJECT + price.entries(n, n > price.MANY_KEYS ? price.DICTIONARY_PROPERTY : price.PROPERTY));
  const isDictionary = isCharged && n > price.MANY_KEYS;
  const result: Record<string, unknown> = isDictionary ? dictionary() : {};
  if (claim >= 0) take(result);
  return properties(result, n, 0, isDictionary ? ANY_KEYS : NO_KEYS, NO_ELEMENTS);
}

function properties(result: object, n: number, from: number, keysBefore: number, elementsBefore: number): unknown {
  const isDictionary = isCharged && n > price.MANY_KEYS;
  let before = keysBefore;
  let elements = elementsBefore;
  for (let i = from; i < n; i++) {
    if (pos > pauseAt) return propertiesLater(result, n, i, before, elements);
    const key = nextKey(before);
    if (!isDictionary) before = keys;
    elements = prepareElement(result, n, elements);
    const value = item();
    if (isPaused) return propertyLater(result, key, n, i, before, elements);
    setProperty(result, key, value);
  }
  leave();
  return result;
}

function setProperty(target: object, key: string, value: unknown): void {
  if (key === '__proto__') define(target, key, value);
  else (target as Record<string, unknown>)[key] = value;
}

// Separate functions, for the same reason as `itemsLater`.
function propertiesLater(result: object, n: number, i: number, before: number, elements: number): undefined {
  return later(() => properties(result, n, i, before, elements));
}

function propertyLater(result: object, key: string, n: number, i: number, before: number, elements: number): undefined {
  return later((value) => {
    setProperty(result, key, value);
    return properties(result, n, i + 1, before, elements);
  });
}

/**
 * Makes an object that the engine keeps as a dictionary. The engine does that with any object of so many keys, but only
 * after making a shape for each of the first ones.
 */
function dictionary(): Record<string, unknown> {
  const result: Record<string, unknown> = { first: undefined, last: undefined };
  delete result.first;
  delete result.last;
  return result;
}

/** How an object stores its properties that are array indices: as an array or as a dictionary. */
export const NO_ELEMENTS = 0;
const DENSE = 1;
const SPARSE = 2;

/** The greatest array index. */
const LAST_INDEX = 4294967294;
/** Indices beyond the number of keys for which the engine reserves memory in any case. */
const SPARE_ELEMENTS = 8;

/**
 * Prepares an object of `n` keys for the key that was read last. The engine may reserve memory for every index up to
 * the one that is set. So an index beyond the number of keys turns the elements into a dictionary first.
 */
export function prepareElement(target: object, n: number, elements: number): number {
  if (keyIndex < 0) return elements;
  spend(elements === NO_ELEMENTS ? price.ELEMENTS : price.ELEMENT);
  if (elements === SPARSE) return SPARSE;
  if (keyIndex < n + SPARE_ELEMENTS) return DENSE;
  (target as Record<number, unknown>)[LAST_INDEX] = undefined;
  delete (target as Record<number, unknown>)[LAST_INDEX];
  return SPARSE;
}

/**
 * Reads a key of an object; `before` is the hash of the keys before it. Sets `keys` to the hash of all, and `keyIndex`
 * to the key's array index or -1.
 */
export function nextKey(before: number): string {
  keys = before;
  keyIndex = -1;
  const from = pos + 1;
  const to = pos < end ? from + input[pos]! - 0x60 : 0;
  if (!isCharged || to < from || to > from + LONGEST_KEPT || to > end || isDigit(input[from]!)) return newKey(before);
  keys = hashKey(before, input, from, to);
  const known = findKey(keys, input, from, to);
  if (known !== undefined) {
    skip(to - pos);
    return known;
  }
  const name = newKey(before);
  keepKey(keys, name, input, from, to);
  return name;
}

function newKey(before: number): string {
  if (!isTextNext()) throw malformed('a key is not a string');
  const from = pos;
  const name = item();
  // A key is read in one go: texts up to `LONG_TEXT` do not pause, and longer keys are refused.
  checkSize(isPaused ? Number.POSITIVE_INFINITY : pos - from, LONG_TEXT, 'key', 'bytes');
  if (typeof name !== 'string') throw malformed('a key is not a string');
  if (!isCharged) return name;
  keyIndex = indexOf(name);
  if (keyIndex < 0) spend(before === ANY_KEYS ? price.NEW_KEY : price.NEW_KEY + price.NEW_SHAPE);
  return name;
}

function indexOf(name: string): number {
  if (name.length > 10 || !isDigit(name.charCodeAt(0))) return -1;
  const index = Number(name);
  return index <= LAST_INDEX && String(index) === name ? index : -1;
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
