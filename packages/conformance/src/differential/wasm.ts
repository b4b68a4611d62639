/**
 * Generates modules: bodies of i32, i64, f32 and f64 arithmetic with locals, globals, memory, calls, bounded loops and
 * traps. Engines may choose the bits of a NaN, so programs never observe a float's bits. They contain no
 * reinterpretation to an integer, no float in memory, and no `copysign` by a computed sign.
 */
import fc from 'fast-check';

type Type = 'i32' | 'i64' | 'f32' | 'f64';
const TYPES: readonly Type[] = ['i32', 'i64', 'f32', 'f64'];

const literal: Readonly<Record<Type, fc.Arbitrary<string>>> = {
  i32: fc
    .oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -3, max: 40 }))
    .map((n) => `(i32.const ${n})`),
  i64: fc
    .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 70n }))
    .map((n) => `(i64.const ${n})`),
  f32: fc
    .oneof(fc.constantFrom('0', '-0', '1.5', 'inf', '-inf', 'nan', '16777217', '1e-45'), fc.integer().map(String))
    .map((n) => `(f32.const ${n})`),
  f64: fc
    .oneof(
      fc.constantFrom('0', '-0', '0.1', 'inf', '-inf', 'nan', '9007199254740993', '5e-324'),
      fc.integer().map(String),
    )
    .map((n) => `(f64.const ${n})`),
};

/** Operations: result type, name, types of the operands. */
const OPERATIONS: readonly (readonly [Type, string, readonly Type[]])[] = [
  ...(['i32', 'i64'] as const).flatMap((type) => [
    ...[
      'add',
      'sub',
      'mul',
      'div_s',
      'div_u',
      'rem_s',
      'rem_u',
      'and',
      'or',
      'xor',
      'shl',
      'shr_s',
      'shr_u',
      'rotl',
      'rotr',
    ].map((name) => [type, `${type}.${name}`, [type, type]] as const),
    ...['clz', 'ctz', 'popcnt', 'extend8_s', 'extend16_s'].map((name) => [type, `${type}.${name}`, [type]] as const),
    ...['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'ge_u', 'le_s'].map(
      (name) => ['i32', `${type}.${name}`, [type, type]] as const,
    ),
    ['i32', `${type}.eqz`, [type]] as const,
  ]),
  ...(['f32', 'f64'] as const).flatMap((type) => [
    ...['add', 'sub', 'mul', 'div', 'min', 'max'].map((name) => [type, `${type}.${name}`, [type, type]] as const),
    ...['abs', 'neg', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest'].map(
      (name) => [type, `${type}.${name}`, [type]] as const,
    ),
    ...['eq', 'ne', 'lt', 'gt', 'le', 'ge'].map((name) => ['i32', `${type}.${name}`, [type, type]] as const),
    ...['i32', 'i64'].flatMap((integer) =>
      ['s', 'u'].map((sign) => [type, `${type}.convert_${integer}_${sign}`, [integer as Type]] as const),
    ),
    ...(['i32', 'i64'] as const).flatMap((integer) =>
      ['s', 'u'].flatMap((sign) => [
        [integer, `${integer}.trunc_${type}_${sign}`, [type]] as const,
        [integer, `${integer}.trunc_sat_${type}_${sign}`, [type]] as const,
      ]),
    ),
  ]),
  ['i32', 'i32.wrap_i64', ['i64']],
  ['i64', 'i64.extend_i32_s', ['i32']],
  ['i64', 'i64.extend_i32_u', ['i32']],
  ['i64', 'i64.extend32_s', ['i64']],
  ['f32', 'f32.demote_f64', ['f64']],
  ['f64', 'f64.promote_f32', ['f32']],
];

/** Mostly within one page; sometimes beyond it, which traps. */
const address = (code: string, far: boolean) => (far ? code : `(i32.and ${code} (i32.const 0xfff0))`);

/** Expressions of each type, to be parts of others. */
type Parts = Readonly<Record<Type, fc.Arbitrary<string>>>;

const operations = (type: Type, parts: Parts): fc.Arbitrary<string>[] =>
  OPERATIONS.filter(([result]) => result === type).map(([, name, operands]) =>
    fc.tuple(...operands.map((operand) => parts[operand])).map((codes) => `(${name} ${codes.join(' ')})`),
  );

/** Branches, blocks and a loop, which write locals and globals. */
function control(type: Type, { [type]: self, i32: I }: Parts): fc.Arbitrary<string>[] {
  return [
    fc.tuple(I, self, self).map(([when, p, q]) => `(if (result ${type}) ${when} (then ${p}) (else ${q}))`),
    fc.tuple(self, self, I).map(([p, q, when]) => `(select ${p} ${q} ${when})`),
    self.map((code) => `(local.tee $l_${type} ${code})`),
    fc.tuple(self, self).map(([p, q]) => `(block (result ${type}) (global.set $g_${type} ${p}) ${q})`),
    fc.tuple(self, I, self).map(([p, when, q]) => `(block $b (result ${type}) (drop (br_if $b ${p} ${when})) ${q})`),
    fc
      .tuple(fc.nat(20), self)
      .map(
        ([times, code]) =>
          `(block (result ${type}) (local.set $i (i32.const ${times})) (loop $again (local.set $l_${type} ${code}) (br_if $again (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 0)))) (local.get $l_${type}))`,
      ),
  ];
}

/** Calls by name and through the table. An element of another type, an empty one and a missing one trap. */
const calls = (type: Type, { i32, i64, f32, f64 }: Parts): fc.Arbitrary<string>[] => [
  fc.tuple(i32, i64, f32, f64).map((codes) => `(call $leaf_${type} ${codes.join(' ')})`),
  fc
    .constantFrom('0', '1', '2', '3', '4', '9')
    .map(
      (index) =>
        `(call_indirect (type $to_${type}) (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const ${index}))`,
    ),
];

function memory(type: 'i32' | 'i64', { [type]: self, i32: I }: Parts): fc.Arbitrary<string>[] {
  return [
    fc
      .tuple(I, fc.constantFrom('', '8_s', '8_u', '16_s', '16_u'), fc.nat(9))
      .map(([at, width, far]) => `(${type}.load${width} ${address(at, far === 0)})`),
    fc
      .tuple(I, self, self, fc.constantFrom('', '8', '16'), fc.nat(9))
      .map(
        ([at, p, q, width, far]) =>
          `(block (result ${type}) (${type}.store${width} ${address(at, far === 0)} ${p}) ${q})`,
      ),
  ];
}

const WHOLE_MEMORY = fc.constantFrom(
  '(memory.size)',
  '(block (result i32) (memory.fill (i32.const 16) (i32.const 3) (i32.const 99)) (i32.const 5))',
);

function expression(type: Type, parts: Parts): fc.Arbitrary<string> {
  const leaves = fc.oneof(
    literal[type],
    fc.constantFrom(`(local.get $p_${type})`, `(local.get $l_${type})`, `(global.get $g_${type})`),
  );
  const others = [
    ...control(type, parts),
    ...calls(type, parts),
    ...(type === 'i32' || type === 'i64' ? memory(type, parts) : []),
    ...(type === 'i32' ? [WHOLE_MEMORY] : []),
  ];
  return fc.oneof(
    { maxDepth: 4, depthIdentifier: 'wasm', withCrossShrink: true },
    leaves,
    fc.oneof(...operations(type, parts)),
    fc.oneof(...others),
  );
}

const expressions = fc.letrec<Record<Type, string>>((tie) => {
  const parts: Parts = { i32: tie('i32'), i64: tie('i64'), f32: tie('f32'), f64: tie('f64') };
  return {
    i32: expression('i32', parts),
    i64: expression('i64', parts),
    f32: expression('f32', parts),
    f64: expression('f64', parts),
  };
});

const PARAMETERS = TYPES.map((type) => `(param $p_${type} ${type})`).join(' ');
const LOCALS = `${TYPES.map((type) => `(local $l_${type} ${type})`).join(' ')} (local $i i32)`;

/** The text of a module with the functions \`f_i32\` to \`f_f64\`, each of one number of every type. */
export const wasmProgram: fc.Arbitrary<string> = fc.record(expressions).map((bodies) => {
  const parts = TYPES.map(
    (type) => `(type $to_${type} (func (param i32 i64 f32 f64) (result ${type})))
  (global $g_${type} (mut ${type}) (${type}.const 1))
  (func $leaf_${type} ${PARAMETERS} (result ${type}) (local.get $p_${type}))
  (func (export "f_${type}") ${PARAMETERS} (result ${type}) ${LOCALS} ${bodies[type]})`,
  );
  const table = `(table 5 funcref) (elem (i32.const 0) ${TYPES.map((type) => `$leaf_${type}`).join(' ')})`;
  return `(module (memory 1 2) ${table}\n  ${parts.join('\n  ')})`;
});

export const wasmArguments: fc.Arbitrary<readonly unknown[]> = fc.tuple(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.float(),
  fc.double(),
);

/** Names of the functions of such a module. */
export const wasmFunctions: readonly string[] = TYPES.map((type) => `f_${type}`);
