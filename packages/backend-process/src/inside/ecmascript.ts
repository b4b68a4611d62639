/** The globals of ES2023 and what its successors add, nothing of a host's: the set that quickjs-ng has, too. */
export const ECMASCRIPT: ReadonlySet<PropertyKey> = new Set(
  (
    'Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError ' +
    'Iterator Array parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape ' +
    'Infinity NaN undefined eval Number Boolean String Math Reflect Symbol DisposableStack AsyncDisposableStack globalThis BigInt ' +
    'Date RegExp JSON Proxy Map Set WeakMap WeakSet ArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array ' +
    'Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise WeakRef FinalizationRegistry'
  ).split(' '),
);

/** Takes everything else out of this realm's global object. */
export function keepEcmascriptOnly(): void {
  for (const key of Reflect.ownKeys(globalThis)) if (!ECMASCRIPT.has(key)) Reflect.deleteProperty(globalThis, key);
}

/** What V8 has of the web's past: the last match of any regular expression, for all to see. */
export function forgetMatches(): void {
  for (const key of Reflect.ownKeys(RegExp)) {
    if (key !== 'prototype' && key !== 'length' && key !== 'name' && key !== 'escape' && key !== Symbol.species)
      Reflect.deleteProperty(RegExp, key);
  }
}
