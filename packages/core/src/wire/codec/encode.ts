/** Encodes values as CBOR, with structured-clone semantics. Runs on Node and in the guest. */
import { ColonyError } from '../../errors.js';
import { encodeSpecial, type Parts } from './encode-special.js';
import {
  type CodecLimits,
  DEFAULT_CODEC_LIMITS,
  type EncodeOptions,
  MOST_BIGINT_BYTES,
  TAG_SHAREABLE,
  TAG_SHARED_REF,
} from './limits.js';
import { Refusal } from './refusal.js';
import * as out from './writer.js';

const { isArray } = Array;
const { isSafeInteger } = Number;
const { getPrototypeOf, keys: keysOf } = Object;
const plain = Object.prototype;
const { includes } = Array.prototype;
const bytesPrototype = Uint8Array.prototype;
const NO_OPTIONS: EncodeOptions = {};

let depth = 0;
/** Objects met so far in this message, as an array while there are few. */
let seen: object[] = [];
let seenSet: Set<object> | undefined;
/** Objects met more than once. In the second pass, the value is the object's number, or -1 before it is written. */
let shared: Map<object, number> | undefined;
let secondPass = false;
let sharedCount = 0;
let omitStacks = false;
let refuseThrown = false;

/**
 * Encodes one value. The concatenation of the segments is the CBOR. Large byte arrays are references to the caller's
 * buffers, so use the segments before the caller runs again.
 * @throws ColonyError ERR_NOT_SERIALIZABLE, or the overflow code of `options`
 */
export function encode(value: unknown, limits = DEFAULT_CODEC_LIMITS, options = NO_OPTIONS): Uint8Array[] {
  return encodeWith(value, limits, options, out.finish);
}

/** Encodes one value into its own buffer, for the guest. */
export function encodeBuffer(value: unknown, limits = DEFAULT_CODEC_LIMITS, options = NO_OPTIONS): ArrayBuffer {
  return encodeWith(value, limits, options, out.finishBuffer);
}

function encodeWith<T>(value: unknown, limits: CodecLimits, options: EncodeOptions, finish: () => T): T {
  // A user's getter may encode during an encoding. This is rare, so state is saved only then.
  const outer =
    out.open > 0 ? { depth, seen, seenSet, shared, secondPass, sharedCount, omitStacks, refuseThrown } : undefined;
  const saved = out.begin(limits.maxBytes, options.overflow ?? 'ERR_LIMIT_OUTPUT');
  if (outer !== undefined) forget();
  const isFrame = options.frame === true;
  // Each object is one level, as `decode` counts. A frame's own array counts too.
  depth = isFrame ? limits.maxDepth - 1 : limits.maxDepth;
  seen = [];
  omitStacks = options.omitStacks === true;
  refuseThrown = options.refuseThrown === true;
  // A frame's own array cannot be part of a cycle, so it needs no bookkeeping.
  const write = isFrame ? (array as (value: unknown) => void) : item;
  try {
    write(value);
    if (shared !== undefined) {
      out.rewind();
      secondPass = true;
      write(value);
    }
    if (!out.isWhole()) throw new Refusal('memory of a byte array in it was detached or resized while it was read');
    return finish();
  } catch (error) {
    out.rewind();
    throw error instanceof Refusal ? refused(error, options) : error;
  } finally {
    forget();
    out.restore(saved);
    if (outer !== undefined)
      ({ depth, seen, seenSet, shared, secondPass, sharedCount, omitStacks, refuseThrown } = outer);
  }
}

const NONE: object[] = [];

function forget(): void {
  seen = NONE;
  seenSet = undefined;
  shared = undefined;
  secondPass = false;
  sharedCount = 0;
}

function refused(refusal: Refusal, options: EncodeOptions): ColonyError {
  const steps = options.frame ? refusal.path.replace(/^\[\d+\]/, '') : refusal.path;
  const path = (options.root ?? 'value') + steps;
  const message = `${path} cannot cross between host and guest: ${refusal.reason}`;
  const cause = refusal.cause === undefined ? {} : { cause: refusal.cause };
  return new ColonyError('ERR_NOT_SERIALIZABLE', message, { details: { path }, ...cause });
}

/** Writes one value of any type. */
function item(value: unknown): void {
  switch (typeof value) {
    case 'number':
      number(value);
      return;
    case 'string':
      out.text(value);
      return;
    case 'boolean':
      out.byte(value ? 0xf5 : 0xf4);
      return;
    case 'undefined':
      out.byte(0xf7);
      return;
    case 'object':
      if (value === null) out.byte(0xf6);
      else object(value);
      return;
    case 'bigint':
      bigint(value);
      return;
    default:
      throw new Refusal(`a ${typeof value} is not data`);
  }
}

function number(value: number): void {
  if (isSafeInteger(value) && !(value === 0 && 1 / value < 0)) {
    if (value >= 0) out.head(0x00, value);
    else out.head(0x20, -1 - value);
  } else {
    out.double(value);
  }
}

function bigint(value: bigint): void {
  const negative = value < 0n;
  let hex = (negative ? -1n - value : value).toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (hex.length > 2 * MOST_BIGINT_BYTES) throw new Refusal(`a bigint may have at most ${MOST_BIGINT_BYTES} bytes`);
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  out.head(0xc0, negative ? 3 : 2);
  out.byteString(bytes);
}

function object(value: object): void {
  if (secondPass ? sharedReference(value) : seenBefore(value)) return;
  if (depth-- === 0) throw new Refusal('it is nested too deeply (or changes while it is read)');
  if (isArray(value)) {
    array(value);
  } else {
    const prototype = getPrototypeOf(value);
    if (prototype === plain || prototype === null) record(value as Record<string, unknown>);
    else if (prototype === bytesPrototype) encodeSpecial(value, true, PARTS);
    else if (!encodeSpecial(value, false, PARTS)) record(value as Record<string, unknown>);
  }
  depth++;
}

const PARTS: Parts = { item, array, record, located, omitsStacks: () => omitStacks };

/** In the first pass, a repeated object is recorded and omitted, which also ends cycles. */
function seenBefore(value: object): boolean {
  if (seenSet === undefined) {
    if (seen.length < 12) {
      if (!includes.call(seen, value)) {
        seen[seen.length] = value;
        return false;
      }
    } else {
      seenSet = new Set(seen);
    }
  }
  if (seenSet !== undefined && !seenSet.has(value)) {
    seenSet.add(value);
    return false;
  }
  if (shared === undefined) shared = new Map();
  shared.set(value, -1);
  out.byte(0xf6);
  return true;
}

function sharedReference(value: object): boolean {
  const index = shared!.get(value);
  if (index === undefined) return false;
  if (index >= 0) {
    out.head(0xc0, TAG_SHARED_REF);
    out.head(0x00, index);
    return true;
  }
  shared!.set(value, sharedCount++);
  out.head(0xc0, TAG_SHAREABLE);
  return false;
}

/** Writes an array's items. A refusal gets the index of its item. */
function array(value: readonly unknown[]): void {
  const { length } = value;
  if (!isSafeInteger(length) || length < 0) throw new Refusal('its length is not a count (a proxy?)');
  out.head(0x80, length);
  let i = 0;
  try {
    for (; i < length; i++) {
      const element = value[i];
      if (element === undefined && !(i in value)) throw new Refusal('a hole in an array is not kept; fill it');
      item(element);
    }
  } catch (error) {
    throw located(error, `[${i}]`);
  }
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function record(value: Record<string, unknown>): void {
  const keys = keysOf(value);
  const length = keys.length;
  out.head(0xa0, length);
  let i = 0;
  try {
    for (; i < length; i++) {
      const key = keys[i]!;
      out.text(key);
      item(value[key]);
    }
  } catch (error) {
    const key = keys[i]!;
    throw located(error, IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
  }
}

/** Prepends a step to a refusal's path. With `refuseThrown`, an error of the value's own code becomes a refusal. */
function located(error: unknown, step: string): unknown {
  const isForeign = refuseThrown && !(error instanceof Refusal) && !ColonyError.is(error);
  const located = isForeign ? new Refusal('a getter or a proxy threw when it was read', error) : error;
  if (located instanceof Refusal && located.path.length < 500) located.path = step + located.path;
  return located;
}
