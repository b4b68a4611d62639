/** Tagged values. Each checks its content: the bytes may be hostile. */
import { hush, input, isCharged, item, leave, length, malformed, pos, rawBuffer, rawBytes, spend } from './decode.js';
import { NO_ELEMENTS, nextKey, prepareElement } from './decode-object.js';
import { hashChains } from './hash-chains.js';
import {
  ERROR_TYPES,
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
import * as price from './prices.js';

/** Tells references what object is being made, before its content is read. */
type Announce = (value: object) => void;

/** Longer regular expressions cost seconds and gigabytes to compile. */
const MAX_PATTERN = 65536;

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

function bytes(): Uint8Array {
  const content = item();
  if (!(content instanceof Uint8Array)) throw malformed('a tag needs a byte string');
  return content;
}

function date(): Date {
  const seconds = item();
  if (typeof seconds !== 'number') throw malformed('a date needs a number');
  spend(price.DATE);
  return new Date(Math.round(seconds * 1000));
}

function exactDate(time: unknown): Date {
  if (typeof time !== 'number') throw malformed('a date needs a number');
  spend(price.DATE);
  return new Date(time);
}

/** Conversion is quadratic in some engines: 1 MiB takes too long already. */
const MAX_BIGINT_BYTES = 131072;

/** Two digits for each byte, and the digits of the first so that they start a number. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function bigint(): bigint {
  const from = rawBytes();
  const length = pos - from;
  if (length > MAX_BIGINT_BYTES) throw malformed('a bigint is too long');
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

function map(announce: Announce): Map<unknown, unknown> {
  const result = new Map<unknown, unknown>();
  announce(result);
  const n = length(5, 2);
  spend(price.MAP + price.MAP_ENTRY * n);
  const chains = isCharged ? hashChains(n) : undefined;
  for (let i = 0; i < n; i++) {
    const key = item();
    if (chains !== undefined) spend(price.CHAIN_STEP * chains.insert(key));
    result.set(key, item());
  }
  leave();
  return result;
}

function set(announce: Announce): Set<unknown> {
  const result = new Set<unknown>();
  announce(result);
  const n = length(4, 1);
  spend(price.SET + price.SET_ENTRY * n);
  const chains = isCharged ? hashChains(n) : undefined;
  for (let i = 0; i < n; i++) {
    const element = item();
    if (chains !== undefined) spend(price.CHAIN_STEP * chains.insert(element));
    result.add(element);
  }
  leave();
  return result;
}

function regexp(): RegExp {
  if (length(4, 1) !== 2) throw malformed('a regular expression needs two parts');
  const source = item();
  const flags = item();
  leave();
  if (typeof source !== 'string' || typeof flags !== 'string' || source.length > MAX_PATTERN) {
    throw malformed('a regular expression needs a short pattern and flags');
  }
  spend(price.REGEXP + patternPrice(source, flags));
  try {
    return new RegExp(source, flags);
  } catch {
    throw malformed('a regular expression does not parse');
  }
}

/** Code points that become one part of a string. */
const WTF8_PART = 1024;

/** A string with lone surrogates: generalized UTF-8. */
function wtf8(): string {
  let i = rawBytes();
  const end = pos;
  spend(price.STRING + price.WTF8_BYTE * (end - i));
  let result = '';
  let points: number[] = [];
  while (i < end) {
    const lead = input[i++]!;
    const extra = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let point = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let k = 0; k < extra; k++) {
      const next = i < end ? input[i++]! : 0;
      if (next >> 6 !== 2) throw malformed('a WTF-8 string is cut');
      point = (point << 6) | (next & 0x3f);
    }
    if (point > 0x10ffff) throw malformed('a WTF-8 string goes beyond Unicode');
    points.push(point);
    if (points.length === WTF8_PART) {
      result += String.fromCodePoint(...points);
      points = [];
    }
  }
  return result + String.fromCodePoint(...points);
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
  const content = rawBuffer();
  if (content.byteLength % Type.BYTES_PER_ELEMENT !== 0) throw malformed('a typed array ends within an element');
  return new Type(content);
}

function typed(announce: Announce): unknown {
  if (length(4, 1) !== 2) throw malformed('an object needs a type and an argument');
  const name = item();
  const result = typedValue(name, announce);
  leave();
  return result;
}

function typedValue(name: unknown, announce: Announce): unknown {
  switch (name) {
    case 'ArrayBuffer':
      return rawBuffer();
    case 'Date':
      return exactDate(item());
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

function boxed(type: string, value: unknown): object {
  if (typeof value !== type) throw malformed('a boxed primitive of the wrong type');
  spend(price.BOXED);
  return Object(value);
}

/** Fields that are not enumerable on errors. */
const HIDDEN = new Set(['message', 'name', 'stack', 'cause', 'errors']);

/** Hash of no keys, of errors: they share no shape with objects. */
const ERROR_KEYS = 1;

const TEXTS = new Set(['message', 'name', 'stack']);

function error(type: unknown, announce: Announce): Error {
  spend(price.ERROR);
  hush();
  const result = newError(type);
  announce(result);
  const n = length(5, 2);
  spend(price.ERROR_FIELD * n);
  let stack = false;
  let elements = NO_ELEMENTS;
  for (let i = 0; i < n; i++) {
    const key = nextKey(ERROR_KEYS);
    elements = prepareElement(result, n, elements);
    const value = item();
    if (TEXTS.has(key) && typeof value !== 'string') throw malformed(`an error's ${key} is not a string`);
    if (key === 'stack') stack = true;
    Object.defineProperty(result, key, { value, writable: true, enumerable: !HIDDEN.has(key), configurable: true });
  }
  leave();
  // Where it was decoded is nothing that its reader should be told.
  if (!stack) hide(result, 'stack', `${result.name}: ${result.message}`);
  return result;
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
}

function newError(type: unknown): Error {
  if (type === 'AggregateError') return new AggregateError([]);
  if (typeof type === 'string' && Object.hasOwn(ERROR_TYPES, type)) {
    return new ERROR_TYPES[type as keyof typeof ERROR_TYPES]();
  }
  throw malformed('an error of an unknown type');
}
