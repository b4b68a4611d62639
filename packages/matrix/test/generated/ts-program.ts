/**
 * Generates TypeScript: three modules with functions, classes, tables that statements fill, closures and exceptions,
 * and three virtines. They end by construction. Calls do not change module variables, because every call of a virtine
 * starts fresh and a plain function's call does not.
 */
import fc from 'fast-check';

export interface TsProgram {
  readonly main: string;
  readonly lib: string;
  readonly deep: string;
}

type Text = fc.Arbitrary<string>;

const LITERALS = ['0', '-0', '0.1', '3', '-7', '1e21', "'text'", "'ä'", 'undefined', 'null', '10n', 'true', '[]', '{}'];

/** Constants, as arguments of a host call: the policy contains the constants that the compiler knows. */
const constant: Text = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(...LITERALS.slice(0, 10), 'LIMIT', 'NAME', 'Kind.B', 'FROZEN.rate', '1e999', 'true'),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a} + ${b})`),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `\`\${${a}}/\${${b}}\``),
    tie('node').map((a) => `(x ? ${a} : LIMIT)`),
    tie('node').map((a) => `!${a}`),
  ),
})).node;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: source text of the programs
/** Uses `names`, and calls functions that take two arguments. */
function expression(names: readonly string[], functions: readonly string[], more: readonly Text[] = []): Text {
  return fc.letrec<{ node: string }>((tie) => {
    const E = tie('node');
    const form = (template: string, count: number) =>
      fc
        .tuple(...Array<Text>(count).fill(E))
        .map((parts) => parts.reduce((text, part, i) => text.replaceAll(`$${i}`, () => part), template));
    return {
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom(...names, ...names, ...LITERALS),
        fc
          .tuple(E, fc.constantFrom('+', '-', '*', '%', '<', '===', '??', '&&', '|'), E)
          .map((parts) => `(${parts.join(' ')})`.replace(/ (\?\?|&&) /, ' $1 ')),
        fc.tuple(fc.constantFrom(...functions), E, E).map(([name, a, b]) => `${name}(${a}, ${b})`),
        form('($0 ? $1 : $2)', 3),
        form('[$0, $1]', 2),
        form('({ a: $0, [`k${String($1)}`]: 2, get g() { return this.a; } })', 2),
        form('new Map([[$0, $1], [$1, 1]])', 2),
        form('new Set([$0, $1])', 2),
        form('({ at: new Date(Number($0)) })', 1),
        form('Uint8Array.of(Number($0), 200, 300)', 1),
        form('Float64Array.from([1, Number($0)])', 1),
        form('/a(.)/.exec(String($0))?.[1]', 1),
        form('`<${String($0)}|${typeof $1}>`', 2),
        form('[$0, 3, 1].map((v) => [v, $1]).flat()', 2),
        form('[...[$0, $1]].reduce((p: any, c: any) => [p, c])', 2),
        form("((x: any) => { let s = ''; for (const c of String(x)) s = c + s; return s; })($0)", 1),
        form('((...r: any[]) => r.length)(...[$0, $1])', 2),
        form('(({ a = $0 }: any) => a)({ b: $1 })', 2),
        form(
          '(() => { try { return fails($0); } catch (e: any) { return /^own: /.test(e.message) ? e.message : e.name; } })()',
          1,
        ),
        form('(() => { for (let i = 0; i < 3; i++) if (i > Number($0)) return i; return $1; })()', 2),
        form('[...(function* () { yield $0; yield* [1, 2]; })()]', 1),
        form('($0 as any)?.a', 1),
        form('fails($0)', 1),
        ...more,
      ),
    };
  }).node;
}

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

/** `fails` throws for every third value that it may get, one of five kinds of errors. */
const DEEP = `export class Own extends RangeError {
  override name = 'Own';
  constructor(message: string, readonly value: any) { super(message); }
}
export function fails(v: any): any {
  switch (String(v).length % 15) {
    case 0: throw new Own('own: nothing', v);
    case 3: throw new TypeError('own: ' + String(v));
    case 6: throw Object.assign(new Error('own: coded'), { code: 'E_SIX' });
    case 9: throw { plain: [1, 'two'] };
    case 12: return null.length;
  }
  return v;
}
`.replace('null.length', '(null as any).length');

const filled = (name: string, item: Text): Text =>
  fc.tuple(item, item, fc.nat(3)).map(
    ([a, b, n]) => `const ${name}: any = { 0: ${n} };
${name}.list = [${n}];
for (let i = 0; i < ${n}; i++) ${name}.list.push(i * 2);
${name}.late = () => ${a};
Object.assign(${name}, { b: (q: any) => [q, ${b}] });`,
  );

const plainItem: Text = fc.constantFrom('1', "'t'", '[1, 2]', '{ z: 1 }', 'LIMIT', '-0', '5n', 'undefined');

const deep: Text = fc
  .tuple(
    expression(['a', 'b', 'LIMIT'], ['pair']),
    expression(['a', 'b', 'TABLE.list', 'TABLE[0]'], ['d0', 'TABLE.b']),
    filled('TABLE', plainItem),
  )
  .map(
    ([d0, d1, table]) => `${DEEP}const LIMIT = 5;
${table}
const pair = (a: any, b: any) => [b, a];
export function d0(a: any, b: any): any { return ${d0}; }
export const d1 = (a: any, b: any): any => ${d1};
`,
  );

const lib: Text = fc
  .tuple(
    expression(['a', 'b', 'seen'], ['d0', 'd1', 'LIB.b']),
    expression(['v', 'this.x', 'seen[1]'], ['d1', 'l0']),
    filled('LIB', plainItem),
  )
  .map(
    ([l0, method, table]) => `import { d0, d1, fails } from './deep.js';
const LIMIT = 6;
const seen = [3, 1, 2].sort();
${table}
export function l0(a: any, b: any): any { return ${l0}; }
export class Base {
  static count = 4;
  readonly #y: any;
  constructor(readonly x: any, y: any) { this.#y = y; }
  of(v: any): any { return ${method}; }
  get y() { return this.#y; }
  static make(x: any, y: any) { return new this(x, y); }
}
`,
  );

const PARTS: readonly Text[] = [
  fc.constantFrom(
    'new Derived(x, y)',
    'new Derived(k, x).of(y)',
    'Derived.make(y, k).y',
    'Base.count',
    'MAIN.late()',
    'MAIN.list',
  ),
  fc.tuple(constant, constant).map(([a, b]) => `host.note(${a}, ${b})`),
  constant.map((a) => `host.note(x, ${a})`),
  constant.map((a) => a),
];

const NAMES = ['x', 'y', 'LIMIT', 'NAME', 'Kind.B', 'FROZEN'];
const FUNCTIONS = ['near', 'l0', 'd1', 'MAIN.b', 'new Derived'];

const main: Text = fc
  .tuple(
    expression([...NAMES, 'k', 'k'], [...FUNCTIONS, 'closed'], PARTS),
    expression(
      NAMES,
      FUNCTIONS,
      PARTS.map((part) => part.map((text) => text.replaceAll(/\bk\b/g, 'y'))),
    ),
    expression(['a', 'b', 'LIMIT'], ['l0', 'd1']),
    expression(['v', 'k', 'offset', 'LIMIT'], ['near', 'd1']),
    filled('MAIN', plainItem),
  )
  .map(
    ([wrapped, directive, near, closed, table]) => `import { host, virtine } from '@colony/compiler/runtime';
import { Base, l0 } from './lib.js';
import { d1, fails } from './deep.js';
const LIMIT = 7;
const NAME = 'name';
enum Kind { A = 4, B }
const FROZEN = Object.freeze({ rate: 0.5, list: [1] });
${table}
function near(a: any, b: any): any { return ${near}; }
class Derived extends Base { override of(v: any): any { return [super.of(v), this.x]; } z = LIMIT; }
export const make = (k: any): any => {
  const offset = 10;
  const closed = (v: any, w: any = offset): any => ${closed};
  return virtine((x: any, y: any) => ${wrapped});
};
export async function direct(x: any, y: any): Promise<any> {
  'use virtine';
  return ${directive};
}
export const batch = virtine((x: any, y: any) => [near(x, y), y, x]);
`,
  );

export const tsProgram: fc.Arbitrary<TsProgram> = fc.record({ main, lib, deep });
