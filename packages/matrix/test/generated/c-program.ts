/** Generates C: one virtine with parameters of all kinds, loops over its buffers, and a result. */
import fc from 'fast-check';
import { expressions, PRELUDE } from './c-expressions.js';
import {
  type CType,
  declared,
  isScalar,
  literal,
  number,
  passedAs,
  printing,
  type Scalar,
  type Struct,
  scalar,
  spelled,
  structs,
  wordsOf,
} from './c-types.js';

type Shape =
  | { readonly kind: 'value'; readonly name: string; readonly type: Scalar | Struct }
  | { readonly kind: 'text'; readonly name: string }
  /** `room`: an output whose length is passed. */
  | {
      readonly kind: 'in' | 'inout' | 'out';
      readonly name: string;
      readonly of: Scalar | Struct;
      readonly length: Scalar;
    };

export interface CProgram {
  readonly source: string;
  /** Arguments of its calls, in JavaScript. */
  readonly lists: readonly (readonly unknown[])[];
  /** A C program that prints the words of the function's results for each list. */
  readonly reference: string;
  /** The words of a virtine's result for a list. */
  readonly words: (result: unknown, list: number) => string[];
}

const LENGTHS: readonly Scalar[] = [
  { kind: 'integer', bits: 64, signed: false },
  { kind: 'integer', bits: 32, signed: true },
  { kind: 'integer', bits: 16, signed: false },
  { kind: 'integer', bits: 8, signed: false },
];

/** At most six of them; buffers of structs and of all numbers. */
const shapes = (all: readonly Struct[]): fc.Arbitrary<readonly Shape[]> => {
  const item = fc.oneof({ weight: 3, arbitrary: number as fc.Arbitrary<Scalar | Struct> }, fc.constantFrom(...all));
  const value = fc.oneof({ weight: 3, arbitrary: scalar as fc.Arbitrary<Scalar | Struct> }, fc.constantFrom(...all));
  const shape = fc.oneof(
    { weight: 4, arbitrary: value.map((type) => ({ kind: 'value' as const, type })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'text' as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('in', 'inout', 'out'),
        of: item,
        length: fc.constantFrom(...LENGTHS),
      }),
    },
  );
  return fc
    .array(shape, { minLength: 1, maxLength: 6 })
    .map((made) => made.map((shape, i) => ({ ...shape, name: `p${i}` }) as Shape));
};

const parameterOf = (shape: Shape): string => {
  if (shape.kind === 'value') return declared(shape.type, shape.name);
  if (shape.kind === 'text') return `const char *${shape.name}`;
  const { kind, name, of, length } = shape;
  return `colony_${kind}(n_${name}) ${kind === 'in' ? 'const ' : ''}${spelled(of)} *${name}, ${spelled(length)} n_${name}`;
};

/** Paths to the scalars in a value. */
function leaves(type: CType, path: string): { path: string; type: Scalar }[] {
  if (isScalar(type)) return [{ path, type }];
  if (type.kind === 'array')
    return Array.from({ length: type.count }, (_, i) => ({ path: `${path}[${i}]`, type: type.of }));
  return type.fields.flatMap((field) => leaves(field.type, `${path}.${field.name}`));
}

const asWord = ({ path, type }: { path: string; type: Scalar }) =>
  type.kind === 'float' ? `word(${path})` : `(uint64_t)${path}`;
const asReal = ({ path }: { path: string }) => `(double)${path}`;
const assigned = ({ path, type }: { path: string; type: Scalar }, word: string, real: string) => {
  if (type.kind === 'float') return `${path} = (${spelled(type)})(${real});`;
  return type.kind === 'bool' ? `${path} = (${word} & 4) != 0;` : `${path} = (${spelled(type)})${word};`;
};

/** Statements that read a parameter, and change it if it is an output. */
function statementsOf(shape: Shape, words: readonly string[], reals: readonly string[]): fc.Arbitrary<string> {
  if (shape.kind === 'text')
    return fc.constant(`for (const char *c = ${shape.name}; *c != 0; c++) acc = mixed(acc, (uint8_t)*c);`);
  if (shape.kind === 'value') {
    const all = leaves(shape.type, shape.name);
    const { word, real } = expressions([...words, ...all.map(asWord)], [...reals, ...all.map(asReal)]);
    return fc.tuple(word, real).map(([w, r]) => `acc ^= ${w}; x = x * 0.5 + ${r};`);
  }
  const items = leaves(shape.of, `${shape.name}[i]`);
  const read = shape.kind === 'out' ? [] : items;
  const { word, real } = expressions([...words, '(uint64_t)i', ...read.map(asWord)], [...reals, ...read.map(asReal)]);
  const writes = shape.kind === 'in' ? [] : items;
  return fc
    .tuple(fc.array(fc.tuple(word, real), { minLength: writes.length + 1, maxLength: writes.length + 1 }), word)
    .map(([made, when]) => {
      const lines = writes.map((to, i) => assigned(to, made[i]![0], made[i]![1]));
      const [w, r] = made.at(-1)!;
      return `for (size_t i = 0; i < (size_t)n_${shape.name}; i++) { acc = mixed(acc, ${w}); if (${when} & 2) x += ${r}; ${lines.join(' ')} }`;
    });
}

const text = fc.string({ unit: 'grapheme', maxLength: 6 }).map((characters) => characters.replaceAll('\0', ''));

/** JavaScript's argument for a parameter. */
function argumentOf(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.kind === 'value') return passedAs(shape.type);
  if (shape.kind === 'text') return text;
  if (shape.kind === 'out') return fc.integer({ min: 0, max: 40 });
  return fc.array(passedAs(shape.of), { maxLength: 20 });
}

export const cProgram: fc.Arbitrary<CProgram> = structs.chain((all) =>
  fc
    .tuple(shapes(all), fc.oneof(scalar, fc.constantFrom(...all), fc.constant(undefined)))
    .chain(([parameters, result]) => {
      const body = fc.tuple(...parameters.map((shape) => statementsOf(shape, ['acc'], ['x'])));
      const { word, real } = expressions(['acc'], ['x']);
      const results = result === undefined ? [] : leaves(result, 'result');
      const out = fc.array(fc.tuple(word, real), { minLength: results.length, maxLength: results.length });
      const lists = fc.array(fc.tuple(...parameters.map(argumentOf)), { minLength: 6, maxLength: 6 });
      return fc.tuple(body, out, lists).map(([statements, made, argumentLists]) => {
        const returns = results.map((to, i) => assigned(to, made[i]![0], made[i]![1]));
        return programOf(
          all,
          parameters,
          result,
          [
            ...statements,
            ...(result === undefined ? [] : [`${spelled(result)} result;`, ...returns, 'return result;']),
          ],
          argumentLists,
        );
      });
    }),
);

function programOf(
  all: readonly Struct[],
  parameters: readonly Shape[],
  result: Scalar | Struct | undefined,
  body: readonly string[],
  lists: readonly (readonly unknown[])[],
): CProgram {
  const types = all.map(
    ({ name, fields }) =>
      `struct ${name} { ${fields.map((field) => `${declared(field.type, field.name)};`).join(' ')} };`,
  );
  const head = `${result === undefined ? 'void' : spelled(result)} f(${parameters.map(parameterOf).join(', ')})`;
  const source = [
    PRELUDE,
    ...types,
    `virtine ${head} {`,
    '  uint64_t acc = 1; double x = 0;',
    ...body.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
  const calls = lists.map((list) => callOf(parameters, result, list));
  return {
    source,
    lists,
    reference: [REFERENCE, ...calls.map((call) => `  ${call}`), '  return 0;', '}', ''].join('\n'),
    words: (value, list) => givenWords(parameters, result, value, lists[list]!),
  };
}

const REFERENCE = `#include "f.c"
#include <stdio.h>
static double from_bits(uint64_t bits) { double d; memcpy(&d, &bits, sizeof d); return d; }
static void print_signed(int64_t n) { printf("%lld ", (long long)n); }
static void print_unsigned(uint64_t n) { printf("%llu ", (unsigned long long)n); }
static void print_double(double d) { uint64_t bits; memcpy(&bits, &d, sizeof d); if (d != d) printf("nan "); else print_unsigned(bits); }
int main(void) {
  (void)from_bits, (void)print_signed, (void)print_double;`;

/** One call. Buffers have one extra word, because C has no empty arrays. */
function callOf(parameters: readonly Shape[], result: Scalar | Struct | undefined, list: readonly unknown[]): string {
  const locals = parameters.map((shape, i) => {
    if (shape.kind === 'value') return `${declared(shape.type, shape.name)} = ${literal(shape.type, list[i])};`;
    if (shape.kind === 'text')
      return `const char ${shape.name}[] = {${[...Buffer.from(list[i] as string), 0].join(', ')}};`;
    const items = shape.kind === 'out' ? [] : (list[i] as unknown[]);
    const count = shape.kind === 'out' ? (list[i] as number) : items.length;
    const values = items.map((item) => literal(shape.of, item));
    return `${spelled(shape.of)} ${shape.name}[${count + 1}] = {${[...values].join(', ') || '0'}}; ${spelled(shape.length)} n_${shape.name} = ${count};`;
  });
  const args = parameters.map(({ kind, name }) => (kind === 'value' || kind === 'text' ? name : `${name}, n_${name}`));
  const call = `f(${args.join(', ')})`;
  const own = result === undefined ? `${call};` : `${spelled(result)} result = ${call}; ${printing(result, 'result')}`;
  const outputs = parameters.map((shape) =>
    shape.kind === 'inout' || shape.kind === 'out'
      ? `for (size_t i = 0; i < (size_t)n_${shape.name}; i++) { ${printing(shape.of, `${shape.name}[i]`)} }`
      : '',
  );
  return `{ ${[...locals, own, ...outputs].join(' ')} printf("\\n"); }`;
}

function givenWords(
  parameters: readonly Shape[],
  result: Scalar | Struct | undefined,
  value: unknown,
  list: readonly unknown[],
): string[] {
  const outputs = parameters.flatMap((shape, i) =>
    shape.kind === 'inout' || shape.kind === 'out' ? [{ shape, i }] : [],
  );
  if (outputs.length === 0) {
    if (result !== undefined) return wordsOf(result, value);
    if (value !== undefined) throw new TypeError('a function without a result gave one');
    return [];
  }
  const fields = value as Record<string, Iterable<unknown>>;
  const own = result === undefined ? [] : wordsOf(result, fields['result']);
  const rest = outputs.flatMap(({ shape, i }) => {
    const items = [...fields[shape.name]!];
    const wanted = shape.kind === 'out' ? list[i] : (list[i] as unknown[]).length;
    if (items.length !== wanted) throw new TypeError(`${shape.name} has ${items.length} items, not ${String(wanted)}`);
    return items.flatMap((item) => wordsOf(shape.of, item));
  });
  return [...own, ...rest];
}
