/**
 * Generates JavaScript programs: statements and expressions of every part of the language, with known types, so that
 * most programs run far. They end by construction: loops have constant bounds, and functions call only earlier ones.
 *
 * Behaviour that may differ between engines is left out: error messages, stacks, the depth of recursion, `Date`, locales,
 * `toString` of functions, and identity of regexps. The order of equal keys in an inconsistent sort is left out, too, and
 * so are `Math` functions and powers whose last bit is unspecified.
 */
import fc from 'fast-check';

type Expression = fc.Arbitrary<string>;

/** Names of values of each type, for use in any expression. */
const NUMBERS = ['a', 'b', 'n'];
const STRINGS = ['s', 't'];
const LISTS = ['xs', 'ys'];

const text = fc.constantFrom('', 'a', 'colony', 'Grüße', '😀x', 'A-b_c', '0', ' 7 ', '\\u0000', 'ant,bee,cat');
const literal = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((n) => `(${n})`),
  fc.constantFrom(
    '0',
    '(-0)',
    '1',
    '0.5',
    '1e21',
    '(2**31)',
    '(2**53)',
    'NaN',
    'Infinity',
    '(-1e-7)',
    '0x7fffffff',
    '(1/3)',
  ),
);

const TYPES = ['number', 'string', 'boolean', 'list', 'big', 'object'] as const;
type Type = (typeof TYPES)[number];

/** Expressions of each type, to be parts of others. */
type Parts = Readonly<Record<Type, Expression>>;

/** A template in which `$0`, `$1` and so on stand for the parts. */
const form = (template: string, ...parts: Expression[]): Expression =>
  fc.tuple(...parts).map((values) => values.reduce((out, value, i) => out.replaceAll(`$${i}`, () => value), template));
const pick = (...names: string[]) => fc.constantFrom(...names);
const of = (base: Expression, ...more: Expression[]) =>
  fc.oneof({ maxDepth: 4, depthIdentifier: 'expression', withCrossShrink: true }, base, ...more);

const numbers = ({ number: N, string: S, boolean: B, list: L, big: G, object: O }: Parts): Expression =>
  of(
    fc.oneof(literal, pick(...NUMBERS)),
    form('($0 $2 $1)', N, N, pick('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '>>>')),
    // Small enough to be exact: engines may approximate other powers, each in its own way.
    form('((($0 % 1000) | 0) ** $1)', N, pick('2', '3')),
    form('Math.$1($0)', N, pick('floor', 'ceil', 'round', 'trunc', 'abs', 'sign', 'fround', 'clz32', 'sqrt')),
    form('Math.$2($0, $1)', N, N, pick('min', 'max', 'imul')),
    form('($0 ? $1 : $2)', B, N, N),
    form('($0).length', fc.oneof(S, L)),
    form('Number($0)', S),
    // So few digits that the value is exact: engines may approximate longer ones.
    form('parseInt($0.slice(0, 9), $1)', S, pick('10', '16', '2', '36')),
    form('$0.reduce((p, c) => p + c, $1)', L, N),
    form('$0.charCodeAt($1)', S, N),
    form('$0.indexOf($1)', S, S),
    form('$0.at($1)', L, N),
    form('(~$0)', N),
    form('Number(BigInt.asIntN(32, $0))', G),
    form('((...r) => r.length + r[0])($0, $1)', N, N),
    form('(([p, , q = $1]) => p + q)([$0, 1])', N, N),
    form('(({ k: { v = $1 } = {} }) => v)({ k: { v: $0 } })', N, N),
    form('(() => { try { if ($0) throw $1; return $2; } catch (e) { return e + 1; } finally { n++; } })()', B, N, N),
    form('[...(function* () { let i = 0; while (i < 4) yield i++ * $0; })()].reduce((p, c) => p + c)', N),
    form('new Float64Array([$0, $1])[$2]', N, N, pick('0', '1', '2')),
    form(
      'new $2([$0])[0] + $1',
      N,
      N,
      pick('Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Int32Array', 'Uint32Array', 'Float32Array'),
    ),
    form(
      'new DataView(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer).$0(0$1)',
      pick('getInt16', 'getUint32', 'getFloat64', 'getInt8'),
      pick('', ', true'),
    ),
    form('new Point($0, $1).sum', N, N),
    form('new Point3($0, $1, 3).sum', N, N),
    form('($0 ?? $1)', pick('null', 'undefined', 'a'), N),
    form('(o => o?.p?.q ?? $0)($1)', N, O),
  );

const strings = ({ number: N, string: S, boolean: B, list: L, big: G, object: O }: Parts): Expression =>
  of(
    fc.oneof(
      text.map((value) => `'${value}'`),
      pick(...STRINGS),
    ),
    form('($0 + $1)', S, fc.oneof(S, N)),
    form('`<$${$0}|$${$1}>`'.replaceAll('$$', '$'), S, N),
    form('String($0)', fc.oneof(N, B, G)),
    form('$0.$1()', S, pick('toUpperCase', 'toLowerCase', 'trim', 'normalize')),
    form('$0.slice($1, $2)', S, N, N),
    form('$0.repeat($1)', S, pick('0', '1', '3')),
    form('$0.padStart($1, $2)', S, pick('0', '5', '12'), S),
    form('$0.split($1).join($2)', S, S, S),
    form('$0.replace(/$1/g, $2)', S, pick('a', '[a-c]', '(.)', '\\d+', '\\w(?=.)', '(?<x>o)'), S),
    form("($0.match(/$1/) ?? ['none'])[0]", S, pick('[a-z]+', '(o).*', '^.', '\\s', '(?:b|c){1,2}', '[^a]$')),
    form('[...$0].reverse().join("")', S),
    form('JSON.stringify($0)', fc.oneof(S, N, B, L, O)),
    form('(typeof $0)', fc.oneof(S, N, B, L, O, G)),
    form('($0 ? $1 : $2)', B, S, S),
    form('$0.toFixed($1)', pick('a', '(1.005)', '(123.456)', '(0)'), pick('0', '2', '5')),
    form('($0).toString($1)', pick('255', '(-255)', '1e3', 'a | 0'), pick('2', '8', '16', '36')),
    form('encodeURIComponent($0)', pick("'ä b&'", "'x/y'", 's')),
  );

const booleans = ({ number: N, string: S, boolean: B, list: L, big: G }: Parts): Expression =>
  of(
    pick('true', 'false'),
    form('($0 $2 $1)', N, N, pick('<', '<=', '>', '>=', '===', '!==', '==')),
    form('($0 $2 $1)', S, S, pick('<', '===', '>=', '!=')),
    form('($0 $2 $1)', B, B, pick('&&', '||', '!==')),
    form('!$0', fc.oneof(B, N, S)),
    form('Object.is($0, $1)', N, N),
    form('Number.$1($0)', N, pick('isInteger', 'isNaN', 'isSafeInteger', 'isFinite')),
    form('$0.includes($1)', S, S),
    form('/$1/.test($0)', S, pick('a+', '^b', '\\p{L}', 'x$')).map((code) => code.replace('/.test', '/u.test')),
    form('$0.$1((x) => x > $2)', L, pick('some', 'every'), N),
    form('new Set($0).has($1)', L, N),
    form('($0 < $1)', G, G),
  );

const lists = ({ number: N, list: L, object: O }: Parts): Expression =>
  of(
    fc.oneof(pick(...LISTS), fc.constantFrom('[]', '[1, 2, 3]', '[3, 1, 2]', '[NaN, -0, 5]')),
    form('[$0, $1, ...$2]', N, N, L),
    form('$0.map((x, i) => x * i + $1)', L, N),
    form('$0.filter((x) => x > $1)', L, N),
    form('$0.slice($1, $2)', L, N, N),
    form('$0.filter((x) => x === x).sort((p, q) => (p < q ? -1 : p > q ? 1 : 0))', L),
    form('$0.toSorted().toReversed()', L),
    form('$0.with(0, $1)', pick('[1, 2]', '[9]'), N),
    form('$0.concat($1).flatMap((x) => [x, x])', L, L),
    form('Array.from({ length: $0 }, (_, i) => i * $1)', pick('0', '3', '5'), N),
    form('[...new Set($0)]', L),
    form('[...new Map($0.map((x, i) => [i % 2, x])).values()]', L),
    form('(([h, ...r]) => [...r, h])($0)', L),
    form('[...Uint8Array.from($0)]', L),
    form('Object.values($0).filter((v) => typeof v === "number")', O),
    form('JSON.parse(JSON.stringify($0)).map(Number)', L),
  );

const bigInts = ({ number: N, big: G }: Parts): Expression =>
  of(
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 30n }).map((value) => `(${value}n)`),
    form('($0 $2 $1)', G, G, pick('+', '-', '*', '&', '|', '^')),
    form('($0 $1 7n)', G, pick('/', '%', '<<', '>>')),
    form('BigInt.$1(64, $0)', G, pick('asIntN', 'asUintN')),
    form('(-$0)', G),
    form('BigInt(Math.trunc($0 % 1000) || 0)', N),
  );

const objects = ({ number: N, string: S, object: O }: Parts): Expression =>
  of(
    pick('{}', '{ p: { q: 1 } }', "{ b: 1, a: 2, 1: 'x' }").map((code) => `(${code})`),
    form('({ p: $0, [$1]: $2, get g() { return this.p; } })', N, S, N),
    form('({ ...$0, extra: $1 })', O, S),
    form('Object.fromEntries(Object.entries($0).map(([k, v]) => [k + "_", v]))', O),
    form('structuredCloneOf($0)', O),
  );

const { number, string, boolean, list, big, object } = fc.letrec<Record<Type, string>>((tie) => {
  const parts = Object.fromEntries(TYPES.map((type) => [type, tie(type)])) as unknown as Parts;
  return {
    number: numbers(parts),
    string: strings(parts),
    boolean: booleans(parts),
    list: lists(parts),
    big: bigInts(parts),
    object: objects(parts),
  };
});

const value = fc.oneof(number, string, boolean, list, big, object);

const statement: Expression = fc.oneof(
  number.map((code) => `n = ${code};`),
  string.map((code) => `s = String(${code}).slice(0, 200);`),
  list.map((code) => `xs = (${code}).slice(0, 50);`),
  fc.tuple(boolean, number, number).map(([when, p, q]) => `if (${when}) n = ${p}; else n += ${q};`),
  fc
    .tuple(fc.nat(12), number)
    .map(([times, code]) => `for (let i = 0; i < ${times}; i++) { n += ${code}; if (n > 1e6) break; }`),
  fc
    .tuple(list, number)
    .map(([over, code]) => `for (const x of (${over}).slice(0, 20)) { t += x; n = (n + ${code}) / 2; }`),
  fc.tuple(string, number).map(([key, code]) => `m.set(${key}, ${code}); delete o[${key}]; o.k = m.size;`),
  fc
    .tuple(number, string, string)
    .map(([on, p, q]) => `switch (${on}) { case 1: t += ${p}; break; case a: t += 'a'; default: t += ${q}; }`),
  fc
    .tuple(boolean, string, number)
    .map(
      ([when, message, code]) =>
        `try { if (${when}) throw new RangeError(${message}); null.x; } catch (e) { t += e.name; n += e instanceof RangeError ? ${code} : 1; } finally { n++; }`,
    ),
  number.map(
    (code) =>
      `label: for (const p of [1, 2, 3]) for (const q of [1, 2]) { if (q === 2) continue label; n += p * ${code}; }`,
  ),
  number.map((code) => `n = await (async (x) => { await null; return x; })(${code});`),
  fc
    .tuple(number, number)
    .map(
      ([p, q]) =>
        `xs = (await Promise.allSettled([${p}, Promise.reject(${q}), (async () => 3)()])).map((r) => r.value ?? r.reason);`,
    ),
  number.map((code) => `for await (const x of (async function* () { yield ${code}; yield 2; })()) n += x;`),
  fc.tuple(string, value).map(([key, code]) => `o[${key}] = ${code};`),
  value.map((code) => `out.push(${code});`),
);

/** Definitions that programs may use besides their own. */
const PRELUDE = `class Point { #x; constructor(x, y) { this.#x = x; this.y = y; } get sum() { return this.#x + this.y; } static of(...a) { return new this(...a); } }
class Point3 extends Point { z = 1; constructor(x, y, z) { super(x, y); this.z += z; } get sum() { return super.sum + this.z; } }
const structuredCloneOf = (o) => ({ ...o });
const calls = { count: 0 };
`;

const failure = fc.constantFrom(
  'null.x;',
  'missing();',
  'throw new TypeError("of its own");',
  'throw { plain: n };',
  'new Array(-1);',
  '(5).toFixed(200);',
  'BigInt(0.5);',
  'Symbol() + "";',
  'class A { constructor() { this.x; } } A();',
  'const c = 1; c = 2;',
);

/** Functions call each other. With one failure in 24 functions, one in eight programs of three ends early. */
const rarely = fc.oneof({ weight: 23, arbitrary: fc.constant('') }, { weight: 1, arbitrary: failure });

/** One program: three async functions `f0`, `f1`, `f2` of a number, a string and a list. */
export const javaScriptProgram: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.array(statement, { minLength: 1, maxLength: 6 }), value, rarely), {
    minLength: 3,
    maxLength: 3,
  })
  .map((functions) => {
    const texts = functions.map(
      ([statements, result, fails], i) => `export async function f${i}(a, s, xs) {
  let n = a | 0, b = 7, t = ''; const ys = [...xs].reverse(), m = new Map(), o = {}, out = [];
  calls.count++;
  ${statements.join('\n  ')}
  ${fails}
  return [${result}, n, s, t.slice(0, 500), xs, [...m], o, out, calls.count${i > 0 ? `, (await f${i - 1}(1, 'q', [2])).length` : ''}];
}`,
    );
    return PRELUDE + texts.join('\n');
  });

/** Arguments for such a function. */
export const javaScriptArguments: fc.Arbitrary<readonly unknown[]> = fc.tuple(
  fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ noNaN: false })),
  fc.string({ maxLength: 12 }),
  fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(Number.NaN, -0, 0.5)), { maxLength: 6 }),
);
