/** The globals of ES2023 and of its successors, without a host's: quickjs-ng has the same set. */
const ECMASCRIPT: ReadonlySet<PropertyKey> = new Set(
  (
    'Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError ' +
    'Iterator Array parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape ' +
    'Infinity NaN undefined eval Number Boolean String Math Reflect Symbol DisposableStack AsyncDisposableStack globalThis BigInt ' +
    'Date RegExp JSON Proxy Map Set WeakMap WeakSet ArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array ' +
    'Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise WeakRef FinalizationRegistry'
  ).split(' '),
);

/** Removes all other properties from this realm's global object. */
export function keepEcmascriptOnly(): void {
  for (const key of Reflect.ownKeys(globalThis)) if (!ECMASCRIPT.has(key)) Reflect.deleteProperty(globalThis, key);
}

/** V8's legacy properties, which show everyone the last match of any regular expression. */
export function forgetMatches(): void {
  for (const key of Reflect.ownKeys(RegExp)) {
    if (key !== 'prototype' && key !== 'length' && key !== 'name' && key !== 'escape' && key !== Symbol.species)
      Reflect.deleteProperty(RegExp, key);
  }
}
