/**
 * Represents values as JSON without loss: `{"$type": "bigint", "value": "1"}` and similar forms. `toJson` writes a
 * guest's value, `fromJson` reads the same forms in `--args`.
 */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The deepest nesting of a value. Hostile guests return deeper ones to overflow our stack. */
const MAX_DEPTH = 500;

const TYPED_ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

const tagged = (type: string, fields: { [key: string]: Json } = {}): Json => ({ $type: type, ...fields });

function numberToJson(value: number): Json {
  if (Object.is(value, -0)) return tagged('number', { value: '-0' });
  return Number.isFinite(value) ? value : tagged('number', { value: String(value) });
}

function bytesToJson(type: string, view: ArrayBufferView | ArrayBuffer): Json {
  const bytes = ArrayBuffer.isView(view)
    ? Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    : Buffer.from(view);
  return tagged(type, { base64: bytes.toString('base64') });
}

function objectToJson(value: object, within: readonly object[]): Json {
  const inner = (part: unknown): Json => convert(part, [...within, value]);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (types.isDate(value)) {
    const time = value.getTime();
    return tagged('Date', { value: Number.isNaN(time) ? 'Invalid Date' : value.toISOString() });
  }
  if (types.isRegExp(value)) return tagged('RegExp', { source: value.source, flags: value.flags });
  if (types.isMap(value)) return tagged('Map', { entries: [...value].map(([k, v]) => [inner(k), inner(v)]) });
  if (types.isSet(value)) return tagged('Set', { values: [...value].map(inner) });
  if (types.isTypedArray(value)) return bytesToJson(value[Symbol.toStringTag], value);
  if (types.isDataView(value)) return bytesToJson('DataView', value);
  if (types.isAnyArrayBuffer(value)) return bytesToJson('ArrayBuffer', value as ArrayBuffer);
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, inner(field)]));
  if (types.isNativeError(value)) return tagged('Error', { name: value.name, message: value.message, ...fields });
  // Wrap an object with its own `$type`, so that it cannot pass for a tagged value.
  return '$type' in fields ? tagged('object', { entries: Object.entries(fields) }) : fields;
}

function convert(value: unknown, within: readonly object[]): Json {
  if (within.length > MAX_DEPTH) return tagged('too-deep');
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return numberToJson(value);
    case 'bigint':
      return tagged('bigint', { value: String(value) });
    case 'object':
      if (value === null) return null;
      return within.includes(value) ? tagged('circular') : objectToJson(value, within);
    default:
      return tagged(typeof value);
  }
}

export function toJson(value: unknown): Json {
  return convert(value, []);
}

function bytesFromJson(type: string, base64: string): unknown {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (type === 'ArrayBuffer') return bytes.buffer;
  if (type === 'DataView') return new DataView(bytes.buffer);
  return new TYPED_ARRAYS[type as keyof typeof TYPED_ARRAYS](bytes.buffer);
}

type Tagged = Record<string, unknown> & { $type: string };

function fromTagged(value: Tagged): unknown {
  switch (value.$type) {
    case 'undefined':
      return undefined;
    case 'bigint':
      return BigInt(value.value as string);
    case 'number':
      return Number(value.value);
    case 'Date':
      return new Date(value.value as string);
    case 'RegExp':
      return new RegExp(value.source as string, value.flags as string);
    case 'Map':
      return new Map((value.entries as [unknown, unknown][]).map(([k, v]) => [fromJson(k), fromJson(v)]));
    case 'Set':
      return new Set((value.values as unknown[]).map(fromJson));
    case 'object':
      return Object.fromEntries((value.entries as [string, unknown][]).map(([k, v]) => [k, fromJson(v)]));
  }
  if (
    typeof value.base64 === 'string' &&
    (value.$type in TYPED_ARRAYS || /^(ArrayBuffer|DataView)$/.test(value.$type))
  ) {
    return bytesFromJson(value.$type, value.base64);
  }
  throw new FormError(`no value has the "$type" ${JSON.stringify(value.$type)}`);
}

/** Names the value whose fields do not match its `$type`. */
class FormError extends TypeError {}

function formed(value: Tagged): unknown {
  try {
    return fromTagged(value);
  } catch (error) {
    if (error instanceof FormError) throw error;
    throw new FormError(
      `not a value of the "$type" ${JSON.stringify(value.$type)}: ${JSON.stringify(value).slice(0, 200)}`,
    );
  }
}

/** Turns parsed JSON with `$type` objects into values. */
export function fromJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof (json as Tagged).$type === 'string') return formed(json as Tagged);
  return Object.fromEntries(Object.entries(json).map(([key, field]) => [key, fromJson(field)]));
}
