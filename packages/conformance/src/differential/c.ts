/**
 * Generates C: expressions over fixed-width integers and doubles whose meaning the standard defines. Divisors and
 * shifts are guarded, signed arithmetic uses unsigned types, and a double becomes an integer only in range. Faults are
 * left out, because machines and Wasm have different invalid addresses. Expressions do not write, so their parts may be
 * evaluated in any order.
 */
import fc from 'fast-check';

const PRELUDE = `#include <colony/virtine.h>
#include <string.h>
static uint32_t table[64];
static void fill(uint32_t a, uint32_t b) { for (uint32_t i = 0; i < 64; i++) table[i] = a * i + b; }
static uint32_t d32(uint32_t a, uint32_t b) { return b == 0 ? 7 : a / b; }
static uint32_t r32(uint32_t a, uint32_t b) { return b == 0 ? 5 : a % b; }
static int32_t sd32(int32_t a, int32_t b) { return b == 0 || (a == INT32_MIN && b == -1) ? 3 : a / b; }
static uint64_t d64(uint64_t a, uint64_t b) { return b == 0 ? 9 : a / b; }
static int64_t sr64(int64_t a, int64_t b) { return b == 0 || b == -1 ? 1 : a % b; }
static uint32_t fromDouble(double d) { return d >= 0 && d < 4294967296.0 ? (uint32_t)d : 11; }
static uint32_t sum(const char *text) { uint32_t s = 5381; while (*text) s = s * 33 + (uint8_t)*text++; return s; }
`;

const { word, wide, real } = fc.letrec<Record<'word' | 'wide' | 'real', string>>((tie) => {
  const W = tie('word');
  const L = tie('wide');
  const R = tie('real');
  const of = (base: fc.Arbitrary<string>, ...more: fc.Arbitrary<string>[]) =>
    fc.oneof({ maxDepth: 4, depthIdentifier: 'c', withCrossShrink: true }, base, ...more);
  const two = (part: fc.Arbitrary<string>, operators: readonly string[]) =>
    fc.tuple(part, part, fc.constantFrom(...operators)).map(([p, q, operator]) => `(${p} ${operator} ${q})`);
  const call = (name: string, ...parts: fc.Arbitrary<string>[]) =>
    fc.tuple(...parts).map((values) => `${name}(${values.join(', ')})`);
  return {
    word: of(
      fc.oneof(
        fc.nat(2 ** 31 - 1).map((n) => `${n}u`),
        fc.constantFrom('a', 'b', '1u', '0xffffffffu', '0x80000000u'),
      ),
      two(W, ['+', '-', '*', '&', '|', '^']),
      fc.tuple(W, W, fc.constantFrom('<<', '>>')).map(([p, q, operator]) => `(${p} ${operator} (${q} & 31))`),
      two(W, ['<', '>=', '==', '!=']).map((code) => `(uint32_t)${code}`),
      fc.tuple(W, W, W).map(([when, p, q]) => `(${when} ? ${p} : ${q})`),
      call('d32', W, W),
      call('r32', W, W),
      call(
        '(uint32_t)sd32',
        W.map((code) => `(int32_t)${code}`),
        W.map((code) => `(int32_t)${code}`),
      ),
      fc
        .tuple(W, fc.constantFrom('int8_t', 'uint8_t', 'int16_t', 'uint16_t'))
        .map(([code, type]) => `(uint32_t)(${type})${code}`),
      W.map((code) => `(uint32_t)((int32_t)${code} >> 3)`),
      W.map((at) => `table[${at} & 63]`),
      L.map((code) => `(uint32_t)(${code} >> 17)`),
      call('fromDouble', R),
      fc.constantFrom('ant', 'colony', 'x').map((value) => `sum("${value}")`),
    ),
    wide: of(
      fc.oneof(
        fc.bigInt({ min: 0n, max: 2n ** 63n }).map((n) => `${n}ull`),
        fc.constant('c'),
      ),
      two(L, ['+', '-', '*', '&', '|', '^']),
      fc.tuple(L, W).map(([p, q]) => `(${p} << (${q} & 63))`),
      call('d64', L, L),
      call(
        '(uint64_t)sr64',
        L.map((code) => `(int64_t)${code}`),
        L.map((code) => `(int64_t)${code}`),
      ),
      W.map((code) => `(uint64_t)(int64_t)(int32_t)${code}`),
    ),
    real: of(
      fc.constantFrom('d', '0.5', '1e10', '-3.25', '0.1'),
      two(R, ['+', '-', '*', '/']),
      W.map((code) => `(double)${code}`),
      fc.tuple(R, R).map(([p, q]) => `(${p} < ${q} ? ${p} : ${q})`),
      R.map((code) => `(double)(float)${code}`),
    ),
  };
});

const PARAMETERS = 'uint32_t a, uint32_t b, uint64_t c, double d';
/** Each file is compiled for each backend, which takes longer than all its calls. */
const FUNCTIONS = 6;

/** A file with \`w0\`, \`l0\`, \`r0\` and so on: a word, a wide integer and a double, each from four arguments. */
export const cProgram: fc.Arbitrary<string> = fc
  .array(fc.tuple(word, wide, real), { minLength: FUNCTIONS, maxLength: FUNCTIONS })
  .map((bodies) => {
    const define = (type: string, name: string, code: string) =>
      `${type} ${name}(${PARAMETERS}) { (void)c, (void)d; fill(a, b); return ${code}; }\nCOLONY_EXPORT(${type}, ${name}, uint32_t, uint32_t, uint64_t, double);`;
    const texts = bodies.map(([w, l, r], i) =>
      [define('uint32_t', `w${i}`, w), define('uint64_t', `l${i}`, l), define('double', `r${i}`, r)].join('\n'),
    );
    return PRELUDE + texts.join('\n');
  });

export const cArguments: fc.Arbitrary<readonly unknown[]> = fc.tuple(
  fc.nat(2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.double(),
);

export const cFunctions: readonly string[] = Array.from({ length: FUNCTIONS }, (_, i) => [
  `w${i}`,
  `l${i}`,
  `r${i}`,
]).flat();
