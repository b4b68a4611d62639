/**
 * CBOR to values, for bytes that may be hostile: every claimed length is compared with what is left
 * before anything is allocated, nesting and the number of objects are bounded, and nothing is assigned
 * through a prototype. Runs on Node and in the guest.
 */
import { ColonyError } from '../errors.js';
import { tagged } from './decode-tags.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS, TAG_SHAREABLE, TAG_SHARED_REF, utf8 } from './limits.js';

let input: Uint8Array = new Uint8Array(0);
let view: DataView | undefined;
let pos = 0;
let end = 0;
let depth = 0;
let budget = 0;
/** Objects that may be referred to; `undefined` while not yet made. */
let shared: unknown[] | undefined;
/** The number in `shared` that the next container is to take, or -1. */
let claim = -1;
let inline = 0;

export function malformed(what: string): ColonyError {
  return new ColonyError('ERR_GUEST_PROTOCOL', `the message is not well-formed: ${what} (at byte ${pos} of ${end})`);
}

/** Decodes exactly one value. @throws ColonyError ERR_GUEST_PROTOCOL. */
export function decode(bytes: Uint8Array, limits: CodecLimits = DEFAULT_CODEC_LIMITS): unknown {
  if (bytes.length > limits.maxBytes) {
    throw new ColonyError('ERR_GUEST_PROTOCOL', `the message has ${bytes.length} bytes, more than ${limits.maxBytes}`);
  }
  input = bytes;
  view = undefined;
  pos = 0;
  end = bytes.length;
  depth = limits.maxDepth;
  budget = limits.maxObjects;
  shared = undefined;
  claim = -1;
  inline = utf8().inline;
  try {
    const value = item();
    if (pos !== end) throw malformed('there are bytes after its end');
    return value;
  } finally {
    shared = undefined;
    input = EMPTY;
    view = undefined;
  }
}

const EMPTY = new Uint8Array(0);

/** Decodes the next value. */
export function item(): unknown {
  if (pos >= end) throw malformed('it ends too early');
  const initial = input[pos++]!;
  const info = initial & 31;
  if (initial >= 0xe0) return simple(info);
  const n = info < 24 ? info : argument(info);
  switch (initial >> 5) {
    case 0:
      return n > 9007199254740991 ? bigArgument() : n;
    case 1:
      return n > 9007199254740991 ? -1n - bigArgument() : -1 - n;
    case 2:
      return bytesOf(n);
    case 3:
      return textOf(n);
    case 4:
      return array(n);
    case 5:
      return record(n);
    default:
      return tag(n);
  }
}

function argument(info: number): number {
  const at = pos;
  if (info === 24) {
    pos = at + 1;
    if (pos > end) throw malformed('it ends too early');
    return input[at]!;
  }
  if (info > 27) throw malformed('indefinite lengths are not used');
  pos = at + (1 << (info - 24));
  if (pos > end) throw malformed('it ends too early');
  if (info === 25) return (input[at]! << 8) | input[at + 1]!;
  view ??= new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (info === 26) return view.getUint32(at);
  return view.getUint32(at) * 0x100000000 + view.getUint32(at + 4);
}

/** The argument just read, when it is no safe integer. */
const bigArgument = () => view!.getBigUint64(pos - 8);

function simple(info: number): unknown {
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 23:
      return undefined;
    case 25:
      return half(argument(25));
    case 26:
      argument(26);
      return view!.getFloat32(pos - 4);
    case 27:
      argument(27);
      return view!.getFloat64(pos - 8);
    default:
      throw malformed(`simple value ${info} has no meaning here`);
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

/** Takes one object from the budget. */
export function spend(count = 1): void {
  budget -= count;
  if (budget < 0) throw malformed('it has too many objects');
}

function bytesOf(n: number): Uint8Array {
  if (n > end - pos) throw malformed('a byte string is longer than what is left');
  spend();
  const at = pos;
  pos += n;
  const buffer = input.buffer as ArrayBuffer;
  return new Uint8Array(buffer.slice(input.byteOffset + at, input.byteOffset + pos));
}

const { fromCharCode } = String;

function textOf(n: number): string {
  if (n > end - pos) throw malformed('a string is longer than what is left');
  if (--budget < 0) throw malformed('it has too many objects');
  const from = pos;
  const to = from + n;
  pos = to;
  if (n <= inline) {
    let result = '';
    let at = from;
    for (; at < to; at++) {
      const unit = input[at]!;
      if (unit > 127) break;
      result += fromCharCode(unit);
    }
    if (at === to) return result;
  }
  try {
    return utf8().decode(input, from, to);
  } catch {
    throw malformed('a string is not UTF-8');
  }
}

function enter(): void {
  if (--depth < 0) throw malformed('it is nested too deeply');
  if (--budget < 0) throw malformed('it has too many objects');
}

/** Makes `value` what references to the container being decoded mean. */
export function take(value: object): void {
  if (claim >= 0) shared![claim] = value;
  claim = -1;
}

export function array(n: number): unknown[] {
  if (n > end - pos) throw malformed('an array is longer than what is left');
  enter();
  const result: unknown[] = [];
  if (claim >= 0) take(result);
  for (let i = 0; i < n; i++) result[i] = item();
  depth++;
  return result;
}

/** Objects with more keys than this are dictionaries in the engine: each key costs. */
const MANY_KEYS = 32;

function record(n: number): object {
  if (n * 2 > end - pos) throw malformed('a map is longer than what is left');
  enter();
  if (n > MANY_KEYS) spend(n);
  const result: Record<string, unknown> = {};
  if (claim >= 0) take(result);
  for (let i = 0; i < n; i++) {
    const key = item();
    if (typeof key !== 'string') throw malformed('a key is not a string');
    if (key === '__proto__') define(result, key, item());
    else result[key] = item();
  }
  depth++;
  return result;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Reads the head of a container of the wanted major type: its length. */
export function length(major: number, perItem: number): number {
  const initial = pos < end ? input[pos++]! : 0xff;
  if (initial >> 5 !== major) throw malformed('a tag has the wrong content');
  const n = (initial & 31) < 24 ? initial & 31 : argument(initial & 31);
  if (n * perItem > end - pos) throw malformed('a collection is longer than what is left');
  enter();
  return n;
}

export function leave(): void {
  depth++;
}

function tag(number: number): unknown {
  if (--depth < 0) throw malformed('it is nested too deeply');
  let result: unknown;
  if (number === TAG_SHARED_REF) {
    result = reference();
  } else if (number === TAG_SHAREABLE) {
    result = shareable();
  } else {
    const mine = claim;
    claim = -1;
    result = tagged(number, mine >= 0 ? (value) => announce(mine, value) : nothing);
  }
  depth++;
  return result;
}

const nothing = () => {};

function announce(index: number, value: object): void {
  shared![index] = value;
}

function shareable(): unknown {
  shared ??= [];
  const index = shared.length;
  shared.push(undefined);
  claim = index;
  spend();
  const value = item();
  claim = -1;
  if (typeof value !== 'object' || value === null) throw malformed('only objects can be shared');
  shared[index] = value;
  return value;
}

function reference(): object {
  const index = item();
  const value = typeof index === 'number' ? shared?.[index] : undefined;
  if (value === undefined) throw malformed('a reference to an object that is not there');
  return value as object;
}
