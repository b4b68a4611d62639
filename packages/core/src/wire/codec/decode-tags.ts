/** Decodes tagged values. Each decoder checks its content, because the bytes may be hostile. */

import { MOST_PROPERTIES, NO_ELEMENTS, nextKey, prepareElement } from './decode-object.js';
import { isTextNext, wtf8 } from './decode-text.js';
import { type HashChains, hashChains } from './hash-chains.js';
import {
  type Announce,
  checkDepth,
  checkSize,
  end,
  enter,
  hush,
  input,
  isCharged,
  item,
  leave,
  leaveWith,
  length,
  malformed,
  moveTo,
  pos,
  rawBuffer,
  rawBytes,
  spend,
} from './item.js';
import {
  ERROR_TYPES,
  MOST_BIGINT_BYTES,
  MOST_PATTERN,
  TAG_BIGNINT,
  TAG_BIGUINT,
  TAG_EPOCH,
  TAG_MAP,
  TAG_OBJECT,
  TAG_REGEXP,
  TAG_SET,
  TAG_WTF8,
  TYPED_ARRAY_TAGS,
} from './limits.js';
import { patternPrice } from './pattern-price.js';
import { isPaused, later, pauseAt } from './pause.js';
import * as price from './prices.js';

/** More than the number of flags that exist. */
const MAX_FLAGS = 64;
/** Parsing takes 30 ms for this cost and cannot be paused. */
const MOST_PATTERN_COST = 18 * 1024 ** 2;

export function tagged(tag: number, announce: Announce): unknown {
  switch (tag) {
    case TAG_EPOCH:
      return date();
    case TAG_BIGUINT:
      return bigint();
    case TAG_BIGNINT:
      return -1n - bigint();
    case TAG_MAP:
      return map(announce);
    case TAG_SET:
      return set(announce);
    case TAG_OBJECT:
      return typed(announce);
    case TAG_REGEXP:
      return regexp();
    case TAG_WTF8:
      return wtf8();
    case 64:
      return bytes();
    default:
      return typedArray(tag);
  }
}

/** Returns whether the next item begins with this major type of CBOR; see RFC 8949, 3.1. */
const isNext = (major: number): boolean => pos < end && input[pos]! >> 5 === major;

function bytes(): Uint8Array {
  if (!isNext(2)) throw malformed('a tag needs a byte string');
  return item() as Uint8Array;
}

/** Decodes a number. Any other item is refused undecoded. */
function numberOf(what: string): number {
  const value = isNext(0) || isNext(1) || isNext(7) ? item() : undefined;
  if (typeof value !== 'number') throw malformed(`${what} needs a number`);
  return value;
}

function date(): Date {
  checkDepth();
  const seconds = numberOf('a date');
  spend(price.DATE);
  return new Date(Math.round(seconds * 1000));
}

function exactDate(): Date {
  const time = numberOf('a date');
  spend(price.DATE);
  return new Date(time);
}

/** Decodes a string, and refuses one of more than `most` UTF-16 units. Any other item is refused undecoded. */
function shortText(most: number, what: string): string {
  const at = pos;
  const value = isTextNext() ? item() : undefined;
  if (typeof value === 'string' && value.length <= most) return value;
  moveTo(at);
  throw malformed(what);
}

/** Two hexadecimal digits for each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function bigint(): bigint {
  const from = rawBytes();
  const length = pos - from;
  if (length > MOST_BIGINT_BYTES) throw malformed('a bigint is too long');
  spend(price.BIGINT + price.BIGINT_BYTE * length);
  let number = 0;
  if (length <= 6) {
    for (let i = from; i < pos; i++) number = number * 256 + input[i]!;
    return BigInt(number);
  }
  let hex = '0x';
  for (let i = from; i < pos; i++) hex += HEX[input[i]!]!;
  return BigInt(hex);
}

/** A larger table takes the engine more than 50 ms to enlarge. */
const MOST_ENTRIES = 1048576;

function map(announce: Announce): unknown {
  const result = new Map<unknown, unknown>();
  announce(result);
  const n = length(5, 2);
  enter();
  checkSize(n, MOST_ENTRIES, 'Map', 'entries');
  spend(price.MAP + price.entries(n, price.MAP_ENTRY));
  return entries({ result, n, chains: isCharged ? hashChains(n) : undefined }, 0, false, undefined);
}

interface Entries {
  readonly result: Map<unknown, unknown>;
  readonly n: number;
  readonly chains: HashChains | undefined;
}

/** `key` is the first entry's key, if `hasKey`. */
function entries(all: Entries, from: number, hasKey: boolean, key: unknown): unknown {
  for (let i = from; i < all.n; i++) {
    let next = key;
    if (i > from || !hasKey) {
      if (pos > pauseAt) return entriesLater(all, i);
      next = item();
      if (isPaused) return keyLater(all, i);
    }
    if (all.chains !== undefined) spend(price.CHAIN_STEP * all.chains.insert(next));
    const value = item();
    if (isPaused) return entryLater(all, i, next);
    all.result.set(next, value);
  }
  leave();
  return all.result;
}

const entriesLater = (all: Entries, i: number) => later(() => entries(all, i, false, undefined));
const keyLater = (all: Entries, i: number) => later((key) => entries(all, i, true, key));

function entryLater(all: Entries, i: number, key: unknown): undefined {
  return later((value) => {
    all.result.set(key, value);
    return entries(all, i + 1, false, undefined);
  });
}

function set(announce: Announce): unknown {
  const result = new Set<unknown>();
  announce(result);
  const n = length(4, 1);
  enter();
  checkSize(n, MOST_ENTRIES, 'Set', 'elements');
  spend(price.SET + price.entries(n, price.SET_ENTRY));
  return elements({ result, n, chains: isCharged ? hashChains(n) : undefined }, 0);
}

interface Elements {
  readonly result: Set<unknown>;
  readonly n: number;
  readonly chains: HashChains | undefined;
}

function elements(all: Elements, from: number): unknown {
  for (let i = from; i < all.n; i++) {
    if (pos > pauseAt) return elementsLater(all, i);
    const element = item();
    if (isPaused) return elementLater(all, i);
    insert(all, element);
  }
  leave();
  return all.result;
}

function insert({ result, chains }: Elements, element: unknown): void {
  if (chains !== undefined) spend(price.CHAIN_STEP * chains.insert(element));
  result.add(element);
}

const elementsLater = (all: Elements, i: number) => later(() => elements(all, i));

function elementLater(all: Elements, i: number): undefined {
  return later((element) => {
    insert(all, element);
    return elements(all, i + 1);
  });
}

function regexp(): RegExp {
  checkDepth();
  if (length(4, 1) !== 2) throw malformed('a regular expression needs two parts');
  const source = shortText(MOST_PATTERN, 'a regular expression needs a short pattern');
  const flags = shortText(MAX_FLAGS, 'a regular expression needs flags');
  const cost = patternPrice(source, flags);
  spend(price.REGEXP + cost);
  checkSize(cost, MOST_PATTERN_COST, 'regular expression', 'bytes of memory');
  try {
    return new RegExp(source, flags);
  } catch {
    throw malformed('a regular expression does not parse');
  }
}

type TypedArrayConstructor = { new (buffer: ArrayBuffer): ArrayBufferView; readonly BYTES_PER_ELEMENT: number };

const CONSTRUCTORS = {
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
} as const;
const byTag = new Map<number, TypedArrayConstructor>(
  Object.entries(TYPED_ARRAY_TAGS).map(
    ([name, tag]) => [tag, CONSTRUCTORS[name as keyof typeof CONSTRUCTORS]] as never,
  ),
);

function typedArray(tag: number): unknown {
  const Type = byTag.get(tag);
  if (Type === undefined) throw malformed(`tag ${tag} has no meaning here`);
  checkDepth();
  const content = rawBuffer();
  if (content.byteLength % Type.BYTES_PER_ELEMENT !== 0) throw malformed('a typed array ends within an element');
  return new Type(content);
}

/** Longer than the name of any type. */
const MAX_TYPE = 64;

function typed(announce: Announce): unknown {
  if (length(4, 1) !== 2) throw malformed('an object needs a type and an argument');
  enter();
  const name = shortText(MAX_TYPE, 'an object needs a type');
  const result = typedValue(name, announce);
  return isPaused ? later(leaveWith) : leaveWith(result);
}

function typedValue(name: string, announce: Announce): unknown {
  switch (name) {
    case 'ArrayBuffer':
      return rawBuffer();
    case 'Date':
      return exactDate();
    case 'DataView':
      return new DataView(rawBuffer());
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'BigInt':
      return boxed(name.toLowerCase(), item());
    default:
      return error(name, announce);
  }
}

function boxed(type: string, value: unknown): unknown {
  if (isPaused) return later((whole) => boxed(type, whole));
  if (typeof value !== type) throw malformed('a boxed primitive of the wrong type');
  spend(price.BOXED);
  return Object(value);
}

/** Fields of errors that are not enumerable. */
const HIDDEN = new Set(['message', 'name', 'stack', 'cause', 'errors']);

/** The hash before the first key of an error. It differs from that of objects, because they share no shape. */
const ERROR_KEYS = 1;

const TEXTS = new Set(['message', 'name', 'stack']);

function error(type: string, announce: Announce): unknown {
  spend(price.ERROR);
  hush();
  const result = newError(type);
  announce(result);
  const n = length(5, 2);
  checkSize(n, MOST_PROPERTIES, 'error', 'properties');
  spend(price.entries(n, price.ERROR_FIELD));
  return fields({ result, n, hasStack: false }, 0, NO_ELEMENTS);
}

interface Fields {
  readonly result: Error;
  readonly n: number;
  hasStack: boolean;
}

function fields(all: Fields, from: number, elementsBefore: number): unknown {
  const { result, n } = all;
  let elements = elementsBefore;
  for (let i = from; i < n; i++) {
    if (pos > pauseAt) return fieldsLater(all, i, elements);
    const key = nextKey(ERROR_KEYS);
    elements = prepareElement(result, n, elements);
    const value = item();
    if (isPaused) return fieldLater(all, key, i, elements);
    setField(all, key, value);
  }
  // The decoder's own stack is hidden from the reader of the error.
  if (!all.hasStack) hide(result, 'stack', `${result.name}: ${result.message}`);
  return result;
}

const fieldsLater = (all: Fields, i: number, elements: number) => later(() => fields(all, i, elements));

function fieldLater(all: Fields, key: string, i: number, elements: number): undefined {
  return later((value) => {
    setField(all, key, value);
    return fields(all, i + 1, elements);
  });
}

function setField(all: Fields, key: string, value: unknown): void {
  if (TEXTS.has(key) && typeof value !== 'string') throw malformed(`an error's ${key} is not a string`);
  if (key === 'stack') all.hasStack = true;
  Object.defineProperty(all.result, key, { value, writable: true, enumerable: !HIDDEN.has(key), configurable: true });
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
}

function newError(type: string): Error {
  if (type === 'AggregateError') return new AggregateError([]);
  if (Object.hasOwn(ERROR_TYPES, type)) {
    return new ERROR_TYPES[type as keyof typeof ERROR_TYPES]();
  }
  throw malformed('an error of an unknown type');
}
