/** Types of generated C: a value in C source, in JavaScript, and as words that both sides can print. */
import fc from 'fast-check';

export type Scalar =
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'bool' };
export type CType = Scalar | { readonly kind: 'array'; readonly of: Scalar; readonly count: number } | Struct;
export interface Struct {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: CType }[];
}

export const isScalar = (type: CType): type is Scalar => type.kind !== 'array' && type.kind !== 'struct';

export function spelled(type: Scalar | Struct): string {
  if (type.kind === 'struct') return `struct ${type.name}`;
  if (type.kind === 'bool') return 'bool';
  if (type.kind === 'float') return type.bits === 32 ? 'float' : 'double';
  return `${type.signed ? '' : 'u'}int${type.bits}_t`;
}

export function declared(type: CType, name: string): string {
  return type.kind === 'array' ? `${spelled(type.of)} ${name}[${type.count}]` : `${spelled(type)} ${name}`;
}

const integer: fc.Arbitrary<Scalar> = fc
  .tuple(fc.constantFrom(8, 16, 32, 64), fc.boolean())
  .map(([bits, signed]) => ({ kind: 'integer', bits: bits as 8, signed }));
export const number: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 3, arbitrary: integer },
  fc.constantFrom<Scalar>({ kind: 'float', bits: 32 }, { kind: 'float', bits: 64 }),
);
export const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 5, arbitrary: number },
  fc.constant<Scalar>({ kind: 'bool' }),
);

const field = (inner: fc.Arbitrary<CType>) =>
  fc.oneof(
    { weight: 3, arbitrary: scalar as fc.Arbitrary<CType> },
    fc.record({ kind: fc.constant('array' as const), of: number, count: fc.integer({ min: 1, max: 3 }) }),
    inner,
  );

const structOf = (name: string, inner: fc.Arbitrary<CType>): fc.Arbitrary<Struct> =>
  fc.array(field(inner), { minLength: 1, maxLength: 4 }).map((types) => ({
    kind: 'struct',
    name,
    fields: types.map((type, i) => ({ name: `${name}_${i}`, type })),
  }));

/** Two structs; the second may contain the first. */
export const structs: fc.Arbitrary<readonly [Struct, Struct]> = structOf('s', scalar).chain((inner) =>
  structOf('t', fc.constant(inner)).map((outer) => [inner, outer] as const),
);

/** Values in JavaScript, as bindings accept them. */
export function passedAs(type: CType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean();
    case 'float':
      return type.bits === 32 ? fc.oneof(fc.float(), fc.double()) : fc.double();
    case 'integer':
      return integerOf(type.bits, type.signed);
    case 'array':
      return fc.array(passedAs(type.of), { minLength: type.count, maxLength: type.count });
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, passedAs(field.type)])), {
        noNullPrototype: true,
      });
  }
}

function integerOf(bits: number, signed: boolean): fc.Arbitrary<unknown> {
  const [min, max] = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
  const any = fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n));
  const safe = (value: bigint) => value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return any.map((value) => (safe(value) ? Number(value) : value));
}

const scratch = new DataView(new ArrayBuffer(8));
const bitsOf = (value: number) => {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
};

/** A C initialiser of a value. */
export function literal(type: CType, value: unknown): string {
  switch (type.kind) {
    case 'bool':
      return value === true ? '1' : '0';
    case 'float':
      return `(${spelled(type)})from_bits(${bitsOf(value as number)}ull)`;
    case 'integer':
      return `(${spelled(type)})${BigInt.asUintN(64, BigInt(value as number | bigint))}ull`;
    case 'array':
      return `{${(value as unknown[]).map((element) => literal(type.of, element)).join(', ')}}`;
    case 'struct':
      return `{${type.fields.map((field) => literal(field.type, (value as Record<string, unknown>)[field.name])).join(', ')}}`;
  }
}

/** Statements that print a value's words. */
export function printing(type: CType, from: string): string {
  switch (type.kind) {
    case 'float':
      return `print_double(${from});`;
    case 'bool':
    case 'integer':
      return type.kind === 'integer' && type.signed ? `print_signed(${from});` : `print_unsigned(${from});`;
    case 'array':
      return Array.from({ length: type.count }, (_, i) => printing(type.of, `${from}[${i}]`)).join(' ');
    case 'struct':
      return type.fields.map((field) => printing(field.type, `${from}.${field.name}`)).join(' ');
  }
}

/** The same words, from a virtine's result. */
export function wordsOf(type: CType, value: unknown): string[] {
  switch (type.kind) {
    case 'float':
      if (typeof value !== 'number') throw new TypeError(`no number: ${String(value)}`);
      return [Number.isNaN(value) ? 'nan' : bitsOf(value).toString()];
    case 'bool':
      if (typeof value !== 'boolean') throw new TypeError(`no boolean: ${String(value)}`);
      return [value ? '1' : '0'];
    case 'integer':
      return [BigInt(value as number | bigint).toString()];
    case 'array':
      return [...(value as Iterable<unknown>)].flatMap((element) => wordsOf(type.of, element));
    case 'struct':
      return type.fields.flatMap((field) => wordsOf(field.type, (value as Record<string, unknown>)[field.name]));
  }
}
