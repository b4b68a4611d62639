/** Values of every type of the component model, through jco's glue and back. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreparedComponent } from '../../src/components/program.js';
import { ALLOCATOR, build, callIn, componentGuest, prepared, TestHost } from './lib.js';

const text = fc.string({ unit: 'binary' });
const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
const int = (bits: number, signed: boolean) =>
  fc.integer({ min: signed ? -(2 ** (bits - 1)) : 0, max: 2 ** (bits - (signed ? 1 : 0)) - 1 });
const f32 = fc.float({ noNaN: false });
const f64 = fc.double();
const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });
const variant = (cases: Record<string, fc.Arbitrary<unknown> | null>) =>
  fc.oneof(
    ...Object.entries(cases).map(([tag, val]) =>
      val === null ? fc.constant({ tag }) : val.map((v) => ({ tag, val: v })),
    ),
  );
const point = record({ x: int(32, true), yValue: f64 });
const color = fc.constantFrom('red', 'green-blue', 'x1');
const permissions = record({ read: fc.boolean(), writeAll: fc.boolean(), toString: fc.boolean() });

/** WIT type, and values of it as they come out. */
const SHAPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  s8: int(8, true),
  u8: int(8, false),
  s16: int(16, true),
  u16: int(16, false),
  s32: int(32, true),
  u32: int(32, false),
  s64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  f32,
  f64,
  char: character,
  string: text,
  'list<u8>': fc.uint8Array(),
  'list<s8>': fc.int8Array(),
  'list<u16>': fc.uint16Array(),
  'list<s16>': fc.int16Array(),
  'list<u32>': fc.uint32Array(),
  'list<s32>': fc.int32Array(),
  'list<u64>': fc.bigUint64Array(),
  'list<s64>': fc.bigInt64Array(),
  'list<f32>': fc.float32Array(),
  'list<f64>': fc.float64Array(),
  'list<bool>': fc.array(fc.boolean()),
  'list<char>': fc.array(character),
  'list<string>': fc.array(text),
  'list<list<u8>>': fc.array(fc.uint8Array()),
  'list<point>': fc.array(point),
  'tuple<u8, string, f64>': fc.tuple(int(8, false), text, f64),
  'option<string>': option(text),
  'option<option<u32>>': fc.oneof(
    fc.constant({ tag: 'none' }),
    option(int(32, false)).map((val) => ({ tag: 'some', val })),
  ),
  'result<u32, string>': variant({ ok: int(32, false), err: text }),
  'result<_, u8>': variant({ err: int(8, false) }),
  point,
  shape: variant({ nothing: null, 'one-number': f64, 'some-text': text, 'a-point': point, many: fc.array(text) }),
  color,
  permissions,
  nested: record({
    points: fc.array(point),
    shape: option(color),
    next: fc.tuple(permissions, fc.array(option(text))),
  }),
};

/** Spilled to memory with so many others, a value comes as a pointer, and goes back as the same. */
const PADDING = Array(17).fill('u8').join(', ');
const names = Object.keys(SHAPES);

const WIT = `package test:values@1.2.3;
interface echo {
  record point { x: s32, y-value: f64 }
  variant shape { nothing, one-number(f64), some-text(string), a-point(point), many(list<string>) }
  enum color { red, green-blue, x1 }
  flags permissions { read, write-all, to-string }
  record nested { points: list<point>, shape: option<color>, next: tuple<permissions, list<option<string>>> }
  ${names.map((type, i) => `e${i}: func(value: tuple<${type}, ${PADDING}>) -> tuple<${type}, ${PADDING}>;`).join('\n')}
}
world values { export echo; }`;

const WAT = `(module ${ALLOCATOR}
  ${names.map((_, i) => `(func (export "test:values/echo@1.2.3#e${i}") (param i32) (result i32) (local.get 0))`).join('\n')})`;

const padded = (value: unknown) => [value, ...Array(17).fill(7)];

describe('values of a component', () => {
  let program: PreparedComponent;
  beforeAll(async () => {
    program = await prepared(await build(WIT, WAT));
  });

  for (const [index, type] of names.entries()) {
    it(`${type} crosses unchanged in both directions`, () => {
      const host = new TestHost();
      const guest = componentGuest(program, host);
      fc.assert(
        fc.property(SHAPES[type]!, (value) => {
          const outcome = callIn(guest, host, `echo.e${index}`, padded(value));
          expect(outcome).toStrictEqual([0, padded(value)]);
        }),
        { numRuns: 60 },
      );
    });
  }

  const refused: [type: string, value: unknown, message: RegExp][] = [
    ['u8', 256, /argument 1\[0\] must be a natural number of 8 bits/],
    ['u8', 1.5, /natural number of 8 bits/],
    ['u8', '1', /must be a number, not a string/],
    ['s8', -129, /an integer of 8 bits/],
    ['u32', -1, /natural number of 32 bits/],
    ['u64', -1n, /natural number of 64 bits/],
    ['u64', 2n ** 64n, /natural number of 64 bits/],
    ['s64', 2 ** 53, /safe integer or a bigint/],
    ['bool', 1, /must be a boolean/],
    ['char', 'ab', /string of one character/],
    ['char', '', /string of one character/],
    ['char', '\ud800', /string of one character/],
    ['string', 'a\udc00', /whole characters/],
    ['string', 1, /must be a string/],
    ['list<u8>', [1, 2, 300], /argument 1\[0\]\[2\] must be a natural number of 8 bits/],
    ['list<u8>', 'text', /a Uint8Array or an array/],
    ['list<u16>', new Uint8Array(2), /a Uint16Array or an array/],
    ['list<string>', ['a', 1], /argument 1\[0\]\[1\] must be a string/],
    ['point', { x: 1 }, /argument 1\[0\]\.yValue must be a number, not undefined/],
    ['point', null, /must be an object, not null/],
    ['tuple<u8, string, f64>', [1, 'a'], /must have 3 items, not 2/],
    ['shape', { tag: 'other' }, /\.tag must be one of "nothing"/],
    ['shape', { tag: 'one-number', val: 'x' }, /\.val must be a number/],
    ['color', 'green', /must be one of "red", "green-blue", "x1", not "green"/],
    ['permissions', { reed: true }, /must be one of "read", "writeAll"/],
    ['permissions', { read: 1 }, /\.read must be a boolean/],
    ['option<option<u32>>', 5, /must be an object/],
  ];
  for (const [type, value, message] of refused) {
    it(`refuses ${inspect(value)} as ${type}`, () => {
      const host = new TestHost();
      const outcome = callIn(componentGuest(program, host), host, `echo.e${names.indexOf(type)}`, padded(value));
      expect(outcome[0]).toBe(1);
      expect((outcome[1] as Error).message).toMatch(message);
      expect((outcome[1] as Error).name).toMatch(/^(Type|Range)Error$/);
    });
  }

  it('takes arrays of numbers for typed arrays, and null for nothing', () => {
    const host = new TestHost();
    const guest = componentGuest(program, host);
    const echo = (type: string, value: unknown) =>
      callIn(guest, host, `echo.e${names.indexOf(type)}`, padded(value))[1];
    expect(echo('list<u64>', [1, 2n])).toStrictEqual(padded(new BigUint64Array([1n, 2n])));
    expect(echo('option<string>', null)).toStrictEqual(padded(undefined));
    expect(echo('u64', 5)).toStrictEqual(padded(5n));
    expect(echo('permissions', {})).toStrictEqual(padded({ read: false, writeAll: false, toString: false }));
  });

  it('finds a function by its short and its long names', () => {
    const host = new TestHost();
    const guest = componentGuest(program, host);
    const index = names.indexOf('u8');
    for (const owner of ['echo', 'test:values/echo', 'test:values/echo@1.2.3']) {
      expect(callIn(guest, host, `${owner}.e${index}`, padded(5))).toStrictEqual([0, padded(5)]);
    }
    const outcome = callIn(guest, host, 'e1', padded(5));
    expect((outcome[1] as Error).message).toMatch(/exports no function `e1`; it exports echo\.e0, echo\.e1/);
  });
});
