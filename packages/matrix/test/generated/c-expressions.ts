/**
 * Expressions of generated C, on 64-bit words and doubles, whose meaning the standard defines. Signed arithmetic uses
 * unsigned types, divisors and shifts are guarded, and a double becomes an integer only in range. Expressions do not
 * write.
 */
import fc from 'fast-check';

export const PRELUDE = `#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
static uint64_t table[8] = {1, 2, 0xffffffffffffffffull, 1ull << 63, 7};
static uint64_t divided(uint64_t a, uint64_t b) { return b == 0 ? 9 : a / b; }
static uint64_t rest(uint64_t a, uint64_t b) { int64_t p = (int64_t)a, q = (int64_t)b; return q == 0 || q == -1 ? 5 : (uint64_t)(p % q); }
static uint64_t word(double d) { return d >= 0 && d < 18446744073709551616.0 ? (uint64_t)d : 11; }
static uint64_t added(uint64_t a, uint64_t b) { return a + b; }
static uint64_t mixed(uint64_t a, uint64_t b) { return (a << 7 | a >> 57) ^ b * 0x9e3779b97f4a7c15ull; }
static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t (*const through[])(uint64_t, uint64_t) = {added, mixed, least, divided};
static __attribute__((noinline)) uint64_t turns(uint64_t n, uint64_t a) { return n == 0 ? a : mixed(turns(n - 1, a + table[n & 7]), n); }
`;

export interface Expressions {
  readonly word: fc.Arbitrary<string>;
  readonly real: fc.Arbitrary<string>;
}

/** Expressions over the given words and doubles of the function. */
export function expressions(words: readonly string[], reals: readonly string[]): Expressions {
  return fc.letrec<Record<'word' | 'real', string>>((tie) => {
    const [W, R] = [tie('word'), tie('real')];
    const form = (template: string, ...parts: fc.Arbitrary<string>[]) =>
      fc.tuple(...parts).map((all) => all.reduce((text, part, i) => text.replaceAll(`$${i}`, () => part), template));
    const pick = (...all: string[]) => fc.constantFrom(...all);
    const of = (base: fc.Arbitrary<string>, ...more: fc.Arbitrary<string>[]) =>
      fc.oneof({ maxDepth: 3, depthIdentifier: 'c', withCrossShrink: true }, base, ...more);
    return {
      word: of(
        fc.oneof(
          { weight: 3, arbitrary: pick(...words) },
          fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => `${n}ull`),
          pick('0ull', '1ull', '0xffull', '0x80000000ull'),
        ),
        form('($0 $2 $1)', W, W, pick('+', '-', '*', '&', '|', '^')),
        form('($0 $2 ($1 & 63))', W, W, pick('<<', '>>')),
        form('(uint64_t)($0 $2 $1)', W, W, pick('<', '>=', '==', '!=')),
        form('(uint64_t)((int64_t)$0 $2 (int64_t)$1)', W, W, pick('<', '>')),
        form('(uint64_t)($0 $2 $1)', R, R, pick('<', '>=', '==')),
        form('($0 & 1 ? $1 : $2)', W, W, W),
        form('($0 && $1)', W, W).map((text) => `(uint64_t)${text}`),
        form('(uint64_t)(int64_t)($1)$0', W, pick('int8_t', 'uint8_t', 'int16_t', 'uint16_t', 'int32_t', 'uint32_t')),
        form('$2($0, $1)', W, W, pick('divided', 'rest', 'mixed')),
        form('through[$0 & 3]($1, $2)', W, W, W),
        form('turns($0 & 15, $1)', W, W),
        form('table[$0 & 7]', W),
        form('word($0)', R),
        form('(uint64_t)strlen("$0")', pick('', 'ant', 'colony')),
      ),
      real: of(
        fc.oneof({ weight: 3, arbitrary: pick(...reals) }, pick('0.5', '-3.25', '1e300', '0.1', '-0.0')),
        form('($0 $2 $1)', R, R, pick('+', '-', '*', '/')),
        form('(double)$0', W),
        form('(double)(int64_t)$0', W),
        form('(double)(float)$0', R),
        form('(double)((float)$0 * (float)$1)', R, R),
        form('($0 < $1 ? $0 : $1)', R, R),
        form('($0 & 1 ? $1 : $2)', W, R, R),
      ),
    };
  });
}
