import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromJson, toJson } from '../dist/values/json.js';

const leaf = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, maxDepth: 2 }),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, undefined, new Date(Number.NaN)),
  fc.dictionary(fc.constantFrom('$type', 'a', 'value'), fc.string()),
);

it('law: fromJson(JSON(toJson(x))) is x', () => {
  fc.assert(
    fc.property(fc.array(leaf), (value) => {
      // Sparse arrays become dense and prototypes are lost: values from a guest have neither.
      const plain = fromJson(JSON.parse(JSON.stringify(toJson(value))));
      expect(fromJson(JSON.parse(JSON.stringify(toJson(plain))))).toEqual(plain);
      expect(plain).toEqual(value);
    }),
  );
});

it.each([
  [1n, { $type: 'bigint', value: '1' }],
  [undefined, { $type: 'undefined' }],
  [-0, { $type: 'number', value: '-0' }],
  [new Uint8Array([0, 1]), { $type: 'Uint8Array', base64: 'AAE=' }],
  [new Map([[1, 2]]), { $type: 'Map', entries: [[1, 2]] }],
  [{ $type: 'bigint' }, { $type: 'object', entries: [['$type', 'bigint']] }],
])('%o', (value, json) => {
  expect(toJson(value)).toEqual(json);
});

it('a cycle is named, not followed', () => {
  const loop: { self?: unknown } = {};
  loop.self = [loop];
  expect(toJson(loop)).toEqual({ self: [{ $type: 'circular' }] });
});

it('a value nested 100,000 deep neither throws nor ends the process', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  expect(JSON.stringify(toJson(deep))).toContain('too-deep');
});

it('an unknown $type is an error', () => {
  expect(() => fromJson([{ $type: 'Function' }])).toThrow(/no value has/);
});
