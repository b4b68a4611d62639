/** Encodes objects that are more than their enumerable properties. */
import {
  ERROR_TYPES,
  MOST_PATTERN,
  TAG_EPOCH,
  TAG_MAP,
  TAG_OBJECT,
  TAG_REGEXP,
  TAG_SET,
  TYPED_ARRAY_TAGS,
} from './limits.js';
import { Refusal } from './refusal.js';
import * as out from './writer.js';

/** The functions of `encode.ts` that write the parts of special values. */
export interface Parts {
  item(value: unknown): void;
  array(value: readonly unknown[]): void;
  record(value: Record<string, unknown>): void;
  /** Prepends a step to a refusal's path. */
  located(error: unknown, step: string): unknown;
  omitsStacks(): boolean;
}

const { isView } = ArrayBuffer;
const { getPrototypeOf, keys } = Object;
const toStringTag = Object.prototype.toString;

interface Kind {
  /** Throws unless the object has the internal slot. */
  readonly probe: () => unknown;
  readonly write: (value: never, parts: Parts) => void;
}

const getterOf = (prototype: object, name: PropertyKey) => Object.getOwnPropertyDescriptor(prototype, name)!.get!;
const sourceOf = getterOf(RegExp.prototype, 'source');
const flagsOf = getterOf(RegExp.prototype, 'flags');
const errors: Kind = { probe: () => {}, write: errorObject };

/** Kinds by the result of Object.prototype.toString. Any object can forge that, so each kind has a probe. */
const kinds: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
  '[object Date]': { probe: Date.prototype.getTime, write: date },
  '[object RegExp]': { probe: sourceOf, write: regexp },
  '[object Map]': { probe: getterOf(Map.prototype, 'size'), write: map },
  '[object Set]': { probe: getterOf(Set.prototype, 'size'), write: set },
  '[object ArrayBuffer]': { probe: getterOf(ArrayBuffer.prototype, 'byteLength'), write: arrayBuffer },
  '[object Error]': errors,
  '[object DOMException]': errors,
  '[object Number]': boxed('Number', Number.prototype.valueOf),
  '[object String]': boxed('String', String.prototype.valueOf),
  '[object Boolean]': boxed('Boolean', Boolean.prototype.valueOf),
  '[object BigInt]': boxed('BigInt', BigInt.prototype.valueOf),
};

/** Returns false for an object that must be written by its properties. */
export function encodeSpecial(value: object, isBytes: boolean, parts: Parts): boolean {
  if (isBytes) {
    out.byteString(ownBytes(value as Uint8Array));
    return true;
  }
  if (isView(value)) {
    arrayView(value, parts);
    return true;
  }
  const tag: string = toStringTag.call(value);
  const kind = kinds[tag];
  if (kind !== undefined) {
    checkBrand(kind, value, tag);
    kind.write(value as never, parts);
    return true;
  }
  if (tag === '[object Object]' || tag === '[object Arguments]') return false;
  throw new Refusal(`a ${tag.slice(8, -1)} is not data`);
}

function checkBrand(kind: Kind, value: object, tag: string): void {
  try {
    kind.probe.call(value);
  } catch {
    throw new Refusal(`it claims to be a ${tag.slice(8, -1)} and is not one (a proxy?)`);
  }
}

const typedArray = getPrototypeOf(Uint8Array.prototype);
/** The engine's own getters. The value's properties may be false, and a proxy has none of these slots. */
const slotsOf = (prototype: object) => ({
  buffer: getterOf(prototype, 'buffer'),
  byteOffset: getterOf(prototype, 'byteOffset'),
  byteLength: getterOf(prototype, 'byteLength'),
});
const TYPED_ARRAY = slotsOf(typedArray);
const DATA_VIEW = slotsOf(DataView.prototype);
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');
const typedArrayName = getterOf(typedArray, Symbol.toStringTag);
/** Throws if the memory of a typed array is gone; its length is then 0. */
const probeMemory: (this: ArrayBufferView) => unknown = typedArray.keys;

/**
 * Returns the bytes of a view as a view of fixed length. Memory shared between threads is refused, because it may
 * change during reading. If a getter detaches or resizes the memory later, the length becomes 0, and `encodeWith`
 * refuses the message.
 */
function ownBytes(value: ArrayBufferView, slots = TYPED_ARRAY): Uint8Array {
  const buffer: ArrayBuffer = slots.buffer.call(value);
  let length: number;
  try {
    length = slots.byteLength.call(value); // throws for a DataView without memory
    if (length === 0 && slots === TYPED_ARRAY) probeMemory.call(value);
  } catch {
    throw new Refusal('its memory was detached, or resized so that it lies outside');
  }
  if (isShared(buffer)) throw new Refusal('its memory is shared between threads; pass a copy');
  return new Uint8Array(buffer, slots.byteOffset.call(value), length);
}

function isShared(buffer: object): boolean {
  try {
    bufferLength.call(buffer);
    return false;
  } catch {
    return true;
  }
}

function arrayView(value: ArrayBufferView, parts: Parts): void {
  const name: string | undefined = typedArrayName.call(value);
  if (name === undefined) {
    typed('DataView', ownBytes(value, DATA_VIEW), parts);
    return;
  }
  if (name !== 'Uint8Array') {
    const tag = TYPED_ARRAY_TAGS[name as keyof typeof TYPED_ARRAY_TAGS];
    if (tag === undefined) throw new Refusal(`a ${name} has no agreed encoding`);
    out.head(0xc0, tag);
  }
  out.byteString(ownBytes(value));
}

/** Writes tag 27: `[type name, argument]`. */
function typed(name: string, argument: unknown, parts: Parts): void {
  out.head(0xc0, TAG_OBJECT);
  out.head(0x80, 2);
  out.text(name);
  if (argument instanceof Uint8Array) out.byteString(argument);
  else parts.item(argument);
}

function date(value: Date, parts: Parts): void {
  const time = Date.prototype.getTime.call(value);
  const seconds = time / 1000;
  // Beyond the year 100,000, a double of seconds cannot represent milliseconds.
  if (Math.round(seconds * 1000) !== time && !Number.isNaN(time)) {
    typed('Date', time, parts);
    return;
  }
  out.head(0xc0, TAG_EPOCH);
  parts.item(seconds);
}

function regexp(value: RegExp): void {
  const source: string = sourceOf.call(value);
  if (source.length > MOST_PATTERN) throw new Refusal(`a pattern may have at most ${MOST_PATTERN} characters`);
  out.head(0xc0, TAG_REGEXP);
  out.head(0x80, 2);
  out.text(source);
  out.text(flagsOf.call(value));
}

function map(value: Map<unknown, unknown>, parts: Parts): void {
  const entries: [unknown, unknown][] = [];
  Map.prototype.forEach.call(value, (element, key) => entries.push([key, element]));
  out.head(0xc0, TAG_MAP);
  out.head(0xa0, entries.length);
  for (const [key, element] of entries) {
    try {
      parts.item(key);
      parts.item(element);
    } catch (error) {
      throw parts.located(error, `.get(${typeof key === 'string' ? JSON.stringify(key) : typeof key})`);
    }
  }
}

function set(value: Set<unknown>, parts: Parts): void {
  const elements: unknown[] = [];
  Set.prototype.forEach.call(value, (element) => elements.push(element));
  out.head(0xc0, TAG_SET);
  parts.array(elements);
}

function arrayBuffer(value: ArrayBuffer, parts: Parts): void {
  const length: number = bufferLength.call(value);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(value, 0, length);
  } catch {
    throw new Refusal('its memory was detached');
  }
  typed('ArrayBuffer', bytes, parts);
}

function boxed(name: string, unbox: () => unknown): Kind {
  return { probe: unbox, write: (value: object, parts: Parts) => typed(name, unbox.call(value), parts) };
}

/** Returns the nearest of the language's own error types. */
function errorType(value: object): string {
  for (let at: object | null = getPrototypeOf(value); at !== null; at = getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof own === 'function' && (own.name === 'AggregateError' || Object.hasOwn(ERROR_TYPES, own.name)))
      return own.name;
  }
  return 'Error';
}

function errorObject(value: Error & Record<string, unknown>, parts: Parts): void {
  const type = errorType(value);
  const fields: Record<string, unknown> = { __proto__: null } as never;
  if (Object.hasOwn(value, 'message')) fields.message = String(value.message);
  if (value.name !== type) fields.name = String(value.name);
  if (!parts.omitsStacks() && typeof value.stack === 'string') fields.stack = value.stack;
  if (Object.hasOwn(value, 'cause')) fields.cause = value.cause;
  if (type === 'AggregateError') fields.errors = value.errors;
  for (const key of keys(value)) {
    if (key !== 'stack' && key !== 'message' && key !== 'name') fields[key] = value[key];
  }
  out.head(0xc0, TAG_OBJECT);
  out.head(0x80, 2);
  out.text(type);
  parts.record(fields);
}
