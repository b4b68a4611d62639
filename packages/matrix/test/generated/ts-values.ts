/** Arguments of all types that can cross, nested. */
import fc from 'fast-check';

const typed = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array],
];

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.boolean(),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(null, undefined, -0, Number.NaN, '\ud800', 'ä', ''),
  // In an object, because the text of a date differs between engines.
  fc.date({ noInvalidDate: false }).map((date) => ({ date })),
  fc.constantFrom(/a+/gi, /[\p{L}]/u),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => bytes.slice().buffer),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => new DataView(bytes.slice().buffer)),
  fc
    .tuple(fc.constantFrom(...typed), fc.array(fc.integer(), { maxLength: 4 }))
    .map(([Type, items]) => Type.from(items)),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 3 })
    .map((items) => BigInt64Array.from(items)),
  fc
    .tuple(fc.constantFrom(Error, RangeError, TypeError, SyntaxError), fc.string({ maxLength: 5 }))
    .map(([Type, text]) => Object.assign(new Type(text), { code: 7 })),
  fc.constantFrom(1, 'x', true).map((value) => Object(value) as unknown),
);

export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '1', '__proto__', 'ü'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value;
