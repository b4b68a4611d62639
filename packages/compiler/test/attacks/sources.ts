/** Projects with a dependency, and updates of it that need more than the lock grants. */

import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { type Capability, policyOf } from './capabilities.js';

export type Files = Readonly<Record<string, string>>;

export interface Attack {
  readonly before: Files;
  readonly after: Files;
  /** Files with virtines, before and after the update; missing files are skipped. */
  readonly virtines: readonly string[];
  /** The methods of the update, for the statistics. */
  readonly ways: readonly string[];
}

/** Tries the capabilities that its caller names. Analysis cannot see these, so only the policy can deny them. */
const PROBE = `export async function probe(attempts) {
  const seen = [];
  for (const [name, path, args, times] of attempts) {
    try {
      let self;
      let at = globalThis;
      for (const key of path) { self = at; at = at[key]; }
      for (let i = 0; i < times; i++) await at.apply(self, args);
      seen.push(name);
    } catch {}
  }
  return seen;
}
`;

/** Ways to write code so that a function reaches it: declarations, and code inside the function. */
const WRITTEN: Readonly<Record<string, (code: string) => readonly [top: string, inside: string]>> = {
  direct: (code) => ['', `${code};`],
  function: (code) => [`function asks() { return ${code}; }`, 'asks();'],
  getter: (code) => [`const asks = { get now() { return ${code}; } };`, 'asks.now;'],
  spread: (code) => [`const base = { asks: () => ${code} };\nconst all = { ...base };`, 'all.asks();'],
  computed: (code) => [`const all = { ['as' + 'ks']: () => ${code} };`, "all['as' + 'ks']();"],
  conditional: (code) => ['', `(typeof x === 'string' ? () => ${code} : () => 0)();`],
  static: (code) => [`class Asks { static now() { return ${code}; } }`, 'Asks.now();'],
  'static block': (code) => [`class Asks { static { try { ${code}; } catch {} } }`, 'Asks;'],
  'default value': (code) => [`function asks(value = ${code}) { return value; }`, 'asks();'],
  reflect: (code) => [`function asks() { return ${code}; }`, 'Reflect.apply(asks, null, []);'],
  'when loaded': (code) => [`try { ${code}; } catch {}`, ''],
  'dynamic code': (code) => ['', `new Function(${JSON.stringify(`return ${code}`)})();`],
  constant: (code) => withText(code, (text) => [`const asks = ${text};`, 'asks']),
  'table of constants': (code) => withText(code, (text) => [`const all = { asks: ${text} };`, 'all.asks']),
  nothing: () => ['', ''],
};

/** Replaces the text in the code, if it has one, by a name. */
function withText(
  code: string,
  named: (text: string) => readonly [top: string, use: string],
): readonly [string, string] {
  const text = /'[^']*'/.exec(code)?.[0];
  if (text === undefined) return ['', `${code};`];
  const [top, use] = named(text);
  return [top, `${code.replace(text, use)};`];
}
const WRITTEN_NAMES = Object.keys(WRITTEN);

interface Part {
  readonly capability: Capability;
  readonly written: string;
}

function partsText(parts: readonly Part[]): readonly [top: string, inside: string] {
  const texts = parts.map(({ capability, written }, index) => {
    const [top, inside] = WRITTEN[written]!(capability.code);
    // Each part has its own names.
    const own = (text: string) => text.replaceAll(/\b(asks|base|all|Asks)\b/g, `$1${index}`);
    return [own(top), own(inside)] as const;
  });
  return [texts.map(([top]) => top).join('\n'), texts.map(([, inside]) => inside).join('\n    ')];
}

/** The function of the dependency that virtines call. */
function workText(parts: readonly Part[], name = 'work'): string {
  const [top, inside] = partsText(parts);
  return `${top}\nexport async function ${name}(x, attempts) {\n  if (x === 'use') {\n    ${inside}\n  }\n  return await probe(attempts);\n}\n`;
}

const packageText = (name: string, more: object = {}) =>
  JSON.stringify({ name, version: '1.0.0', type: 'module', main: './index.js', ...more });

/** Places of the dependency's code. Each layout has the same exports. */
const LAYOUTS: Readonly<Record<string, (parts: readonly Part[], host: string) => Files>> = {
  'one file': (parts, host) => ({
    'index.js': `${PROBE}${workText(parts)}${host}`,
    'package.json': packageText('dep'),
  }),
  'exported again': (parts, host) => ({
    'index.js': `export * from './lib/work.js';\n${host}`,
    'lib/work.js': `import { probe } from '../probe.js';\n${workText(parts)}`,
    'probe.js': PROBE,
    'package.json': packageText('dep'),
  }),
  'exported under another name': (parts, host) => ({
    'index.js': `export { other as work } from './lib/again.js';\n${host}`,
    'lib/again.js': "export { inner as other } from './work.js';\n",
    'lib/work.js': `import { probe } from '../probe.js';\n${workText(parts, 'inner')}`,
    'probe.js': PROBE,
    'package.json': packageText('dep'),
  }),
  'by a condition': (parts, host) => ({
    'node.js': `${PROBE}${workText([])}${host}`,
    'browser.js': `${PROBE}${workText(parts)}${host}`,
    'package.json': packageText('dep', {
      exports: { '.': { browser: './browser.js', default: './node.js' }, './host.js': './host.js' },
    }),
  }),
  'in another package': (parts, host) => ({
    'index.js': `import { probe } from './probe.js';\nimport { deep } from '../deep/index.js';\nexport async function work(x, attempts) {\n  deep(x);\n  return await probe(attempts);\n}\n${host}`,
    'probe.js': PROBE,
    'package.json': packageText('dep'),
    '../deep/index.js': workText(parts, 'deep').replace('return await probe(attempts);', ''),
    '../deep/package.json': packageText('deep'),
  }),
  CommonJS: (parts, host) => commonJs(`${PROBE}${workText(parts)}${host}`, false),
  'CommonJS with its map': (parts, host) => commonJs(`${PROBE}${workText(parts)}${host}`, true),
};

function commonJs(text: string, ships: boolean): Files {
  const { code, map } = transformSync(text, { format: 'cjs', sourcemap: 'external', sourcefile: 'src/index.ts' });
  const link = ships ? '//# sourceMappingURL=index.js.map\n' : '';
  const files = { 'index.js': `${code}${link}`, 'package.json': packageText('dep', { type: 'commonjs' }) };
  return ships ? { ...files, 'index.js.map': map } : files;
}

/** Exports of the dependency besides `work`: `wide` is a policy. */
const exportsText = (wide: string) => `export const policy = ${wide};
export const options = { policy };
export const more = options;
export const freeze = () => policy;
export const flag = true;
export const touch = (given) => Object.assign(given, policy);
export const Object_ = { freeze };
export { Object_ as Object };
export const narrow = () => policy;
export const pure = policy;
export const make = () => options;
`;

/** Ways in which the application writes its virtine's grants. `P` is the policy that it means. */
type Form = (P: string) => readonly [imports: string, options: string | undefined, rest: string];
const HONEST: Readonly<Record<string, Form>> = {
  directive: () => ['', undefined, ''],
  'no options': () => ['', '', ''],
  'limits alone': () => ['', '{ limits: { hypercalls: 5 } }', ''],
  'written out': (P) => ['', `{ policy: ${P} }`, ''],
  constant: (P) => ['', '{ policy: P }', `const P = ${P};`],
  'frozen and exported': (P) => ['', '{ policy: P }', `export const P = deepFreeze(${P});`],
  'a spread of its own': (P) => ['', '{ ...mine, policy: P }', `const P = ${P};\nconst mine = { policy: {} };`],
  'policy and limits': (P) => ['', '{ policy: P, limits: { hypercalls: 5 } }', `const P = ${P};`],
  narrow: (P) => ["import { narrow as less } from '@colony/core';", '{ policy: less(P, P) }', `const P = ${P};`],
};
/** Forms that leave a door open: the first build must refuse them. */
const TRUSTING: Readonly<Record<string, Form>> = {
  imported: () => ["import { policy as P } from 'dep';", '{ policy: P }', ''],
  'imported options': () => ["import { options as O } from 'dep';", 'O', ''],
  'a spread of theirs': (P) => ["import { more as M } from 'dep';", `{ policy: ${P}, ...M }`, ''],
  'their freeze': (P) => ["import * as dep from 'dep';", `{ policy: dep.freeze(${P}) }`, ''],
  'their Object': (P) => ["import { Object as Object } from 'dep';", `{ policy: Object.freeze(${P}) }`, ''],
  'their narrow': (P) => ["import { narrow as N } from 'dep';", `{ policy: N(${P}, ${P}) }`, ''],
  'their preset': () => ["import { pure as calm } from 'dep';", '{ policy: calm }', ''],
  'their flag': (P) => ["import { flag as F, policy as W } from 'dep';", `{ policy: F ? W : ${P} }`, ''],
  'handed to them': (P) => ["import { touch as T } from 'dep';", '{ policy: P }', `const P = ${P};\nT(P);`],
  'their options': () => ["import { make as M } from 'dep';", 'M()', ''],
};
const FORMS = { ...HONEST, ...TRUSTING };

/** Writes `Object.freeze` of the policy and of all objects in it, as a person does. */
function frozen(value: unknown): string {
  if (Array.isArray(value)) return `Object.freeze([${value.map(frozen).join(', ')}])`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `Object.freeze({ ${Object.entries(value)
    .map(([key, property]) => `${JSON.stringify(key)}: ${frozen(property)}`)
    .join(', ')} })`;
}

function appText(form: string, policy: object): string {
  const P = JSON.stringify(policy);
  const [imports, options, rest] = FORMS[form]!(P);
  const declared = rest.replace(`deepFreeze(${P})`, () => frozen(policy));
  const virtine =
    options === undefined
      ? "export async function f(x, attempts) {\n  'use virtine';\n  return await work(x, attempts);\n}"
      : `export const f = virtine(async (x, attempts) => await work(x, attempts)${options === '' ? '' : `, ${options}`});`;
  return `import { virtine } from '@colony/compiler/runtime';\nimport { work } from 'dep';\nimport { setUp } from 'dep/host.js';\n${imports}\nsetUp();\n${declared}\n${virtine}\n`;
}

/**
 * Actions of an update when the program calls it in the host: it is the process's own code there, and may try anything.
 */
const DEEDS: Readonly<Record<string, (wide: string, policy: string) => string>> = {
  nothing: () => '',
  configure: (wide) => `configure({ ...globalThis.colonyAttack, policy: ${wide} });`,
  'configure limits': () => 'configure({ ...globalThis.colonyAttack, limits: { hypercalls: 50 } });',
  'a freeze of its own': (wide, policy) =>
    `const { freeze } = Object;\n  Object.freeze = (given) => JSON.stringify(given) === ${JSON.stringify(policy)} ? ${wide} : freeze(given);`,
  'a getter for every object': (wide) =>
    `Object.defineProperty(Object.prototype, 'policy', { configurable: true, get: () => (${wide}) });`,
};

const deedText = (deed: string, wide = '{}', policy = '{}') =>
  `import { configure } from '@colony/compiler/runtime';\nexport function setUp() {\n  void configure;\n  ${DEEDS[deed]!(wide, policy)}\n}\n`;

/** Virtines of the dependency itself. */
interface Own {
  readonly name: string;
  readonly parts: readonly Part[];
  /** The options of a wrapped virtine; undefined for a directive. */
  readonly options: string | undefined;
}

const ownText = (virtines: readonly Own[]) =>
  `import { virtine } from '@colony/compiler/runtime';\n${PROBE}${virtines
    .map(({ name, parts, options }, index) => {
      const [top, inside] = partsText(parts);
      const renamed = (text: string) => text.replaceAll(/\b(asks|base|all|Asks)(\d)\b/g, `$1${index}$2`);
      const body = `(x, attempts) {\n  if (x === 'use') {\n    ${renamed(inside)}\n  }\n  return await probe(attempts);\n}`;
      return options === undefined
        ? `${renamed(top)}\nexport async function ${name}${body.replace('{', "{\n  'use virtine';")}`
        : `${renamed(top)}\nexport const ${name} = virtine(async function ${body}${options === '' ? '' : `, ${options}`});`;
    })
    .join('\n')}\n`;

const at = (folder: string, files: Files): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [new URL(name, `file:///${folder}/`).pathname.slice(1), text]),
  );

/** An update of code that a virtine of the application calls. */
function callee(capabilities: readonly Capability[]): fc.Arbitrary<Attack> {
  return fc
    .record({
      form: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('directive', 'no options', 'limits alone') },
        { weight: 3, arbitrary: fc.constantFrom(...Object.keys(HONEST)) },
        { weight: 1, arbitrary: fc.constantFrom(...Object.keys(TRUSTING)) },
      ),
      granted: fc.subarray([...capabilities], { maxLength: 3 }),
      layout: fc.constantFrom(...Object.keys(LAYOUTS)),
      next: fc.constantFrom(...Object.keys(LAYOUTS)),
      gained: fc.subarray([...capabilities], { minLength: 1, maxLength: 2 }),
      written: fc.array(fc.constantFrom(...WRITTEN_NAMES), { minLength: 5, maxLength: 5 }),
      deed: fc.constantFrom(...Object.keys(DEEDS)),
    })
    .map(({ form, granted, layout, next, gained, written, deed }) => {
      const had = granted.map((capability, index) => ({ capability, written: written[index]! }));
      // First builds have honest code, in which dynamic code would be refused.
      const honest = had.map((part) => (part.written === 'dynamic code' ? { ...part, written: 'direct' } : part));
      const more = gained.map((capability, index) => ({ capability, written: written[3 + index]! }));
      const policy = policyOf(granted);
      const wide = JSON.stringify(policyOf([...new Set([...granted, ...gained])]));
      const app = { 'app.js': appText(form, policy) };
      return {
        before: {
          ...app,
          ...at('node_modules/dep', {
            ...LAYOUTS[layout]!(honest, exportsText(JSON.stringify(policy))),
            'host.js': deedText('nothing'),
          }),
        },
        after: {
          ...app,
          ...at('node_modules/dep', {
            ...LAYOUTS[next]!([...honest, ...more], exportsText(wide)),
            'host.js': deedText(deed, wide, JSON.stringify(policy)),
          }),
        },
        virtines: ['app.js'],
        ways: [`form: ${form}`, `layout: ${next}`, `deed: ${deed}`, ...more.map((part) => `written: ${part.written}`)],
      };
    });
}

const FILES = ['node_modules/dep/index.js', 'node_modules/dep/lib/moved.js'];

/** An update of the dependency's own virtines: renamed, moved, exchanged, with other options. */
function own(capabilities: readonly Capability[]): fc.Arbitrary<Attack> {
  const subset = fc.subarray([...capabilities], { maxLength: 2 });
  const options = fc.constantFrom('', undefined, 'limits', 'policy', 'accept', 'policy and limits');
  return fc
    .record({
      granted: fc.tuple(subset, subset),
      gained: fc.subarray([...capabilities], { maxLength: 2 }),
      options: fc.tuple(options, options),
      names: fc.shuffledSubarray(['one', 'two', 'three'], { minLength: 2, maxLength: 2 }),
      file: fc.constantFrom(...FILES),
      written: fc.array(fc.constantFrom(...WRITTEN_NAMES), { minLength: 4, maxLength: 4 }),
      changes: fc.subarray(['names', 'file', 'code', 'options', 'inner', 'order', 'package'], {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map(({ granted, gained, options: forms, names, file, written, changes }) => {
      const does = (change: string) => changes.includes(change);
      const parts = granted.map((grants, index) =>
        grants.map((capability) => ({
          capability,
          written: written[index] === 'dynamic code' ? 'direct' : written[index]!,
        })),
      );
      const textOf = (kind: string | undefined, granting: readonly Capability[], hypercalls: number) => {
        if (kind === undefined || kind === '') return kind;
        const policy = `policy: ${JSON.stringify(policyOf(granting))}`;
        const limits = `limits: { hypercalls: ${hypercalls} }`;
        return (
          { limits: `{ ${limits} }`, policy: `{ ${policy} }`, accept: "{ accept: ['eval'] }" }[kind] ??
          `{ ${policy}, ${limits} }`
        );
      };
      const before = parts.map((part, index) => ({
        name: ['one', 'two'][index]!,
        parts: part,
        options: textOf(forms[index], granted[index]!, 5),
      }));
      const after = before.map((own, index): Own => {
        const [extra] = gained.slice(index);
        const more = does('code') && extra !== undefined ? [{ capability: extra, written: written[2 + index]! }] : [];
        const kind = does('options') ? forms[1 - index] : forms[index];
        const wider = [...granted[index]!, ...(does('options') ? gained : [])];
        return {
          name: does('names') ? names[index]! : own.name,
          parts: [...own.parts, ...more],
          options: textOf(kind, wider, does('options') ? 50 : 5),
        };
      });
      if (does('order')) after.reverse();
      const text = ownText(after);
      const [, second] = after;
      const inner = does('inner')
        ? text.replace(
            'return await probe(attempts);',
            `if (x === 'use') return await ${second!.name}(x, attempts);\n  return await probe(attempts);`,
          )
        : text;
      const to = does('file') ? file : FILES[0]!;
      const extra = does('package') ? { colony: { accept: ['eval'], limits: { hypercalls: 50 } } } : {};
      return {
        before: { [FILES[0]!]: ownText(before), 'node_modules/dep/package.json': packageText('dep') },
        after: { [to]: inner, 'node_modules/dep/package.json': packageText('dep', extra) },
        virtines: FILES,
        ways: changes.map((change) => `own: ${change}`),
      };
    });
}

export const attacks = (capabilities: readonly Capability[]): fc.Arbitrary<Attack> =>
  fc.oneof({ weight: 3, arbitrary: callee(capabilities) }, { weight: 2, arbitrary: own(capabilities) });
