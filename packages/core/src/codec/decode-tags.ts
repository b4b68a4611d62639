/** Tagged values. Each checks its content: the bytes may be hostile. */
import { item, leave, length, malformed, spend } from './decode.js';
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

/** Tells references what object is being made, before its content is read. */
type Announce = (value: object) => void;

/** Longer regular expressions cost seconds and gigabytes to compile. */
const MAX_PATTERN = 65536;

export function tagged(tag: number, announce: Announce): unknown {
  switch (tag) {
    case TAG_EPOCH:
      return date();
    case TAG_BIGUINT:
      return bigint(bytes());
    case TAG_BIGNINT:
      return -1n - bigint(bytes());
    case TAG_MAP:
      return map(announce);
    case TAG_SET:
      return set(announce);
    case TAG_OBJECT:
      return typed(announce);
    case TAG_REGEXP:
      return regexp();
    case TAG_WTF8:
      return wtf8(bytes());
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
  return new Date(Math.round(seconds * 1000));
}

function exactDate(time: unknown): Date {
  if (typeof time !== 'number') throw malformed('a date needs a number');
  return new Date(time);
}

/** Conversion is quadratic in some engines: 1 MiB takes too long already. */
const MAX_BIGINT_BYTES = 131072;

function bigint(content: Uint8Array): bigint {
  if (content.length > MAX_BIGINT_BYTES) throw malformed('a bigint is too long');
  let hex = '0x0';
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!;
    hex += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
  }
  return BigInt(hex);
}

function map(announce: Announce): Map<unknown, unknown> {
  const result = new Map<unknown, unknown>();
  announce(result);
  const n = length(5, 2);
  spend(n);
  for (let i = 0; i < n; i++) {
    const key = item();
    result.set(key, item());
  }
  leave();
  return result;
}

function set(announce: Announce): Set<unknown> {
  const result = new Set<unknown>();
  announce(result);
  const n = length(4, 1);
  spend(n);
  for (let i = 0; i < n; i++) result.add(item());
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
  try {
    return new RegExp(source, flags);
  } catch {
    throw malformed('a regular expression does not parse');
  }
}

/** A string with lone surrogates: generalized UTF-8. */
function wtf8(content: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < content.length; ) {
    const lead = content[i++]!;
    const extra = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let point = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let k = 0; k < extra; k++) {
      const next = content[i++];
      if (next === undefined || next >> 6 !== 2) throw malformed('a WTF-8 string is cut');
      point = (point << 6) | (next & 0x3f);
    }
    if (point > 0x10ffff) throw malformed('a WTF-8 string goes beyond Unicode');
    parts.push(String.fromCodePoint(point));
  }
  return parts.join('');
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
  const content = bytes();
  if (content.length % Type.BYTES_PER_ELEMENT !== 0) throw malformed('a typed array ends within an element');
  return new Type(content.buffer as ArrayBuffer);
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
      return bytes().buffer;
    case 'Date':
      return exactDate(item());
    case 'DataView':
      return new DataView(bytes().buffer);
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
  return Object(value);
}

/** Fields that are not enumerable on errors. */
const HIDDEN = new Set(['message', 'name', 'stack', 'cause', 'errors']);

const TEXTS = new Set(['message', 'name', 'stack']);

function error(type: unknown, announce: Announce): Error {
  const result = newError(type);
  announce(result);
  const n = length(5, 2);
  let stack = false;
  for (let i = 0; i < n; i++) {
    const key = item();
    if (typeof key !== 'string') throw malformed('a key is not a string');
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
