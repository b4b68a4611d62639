/** Makes the guest's program of a bundle: imports that no guest has become stubs, which throw when they are used. */
import MagicString from 'magic-string';
import type { Helpers } from '../facts/helpers.js';
import { RUNTIME } from '../syntax/mark.js';
import type { Node, Parsed } from '../syntax/parse.js';
import type { Reference, Scopes } from '../syntax/scopes.js';
import { hiddenIn, type InnerVirtines } from './inner.js';

const INNER_NAME = '__colony_inner';

/** The guest's own half of the runtime. */
const SHIMS: Readonly<Record<string, string>> = {
  host: 'globalThis.host',
  virtine: INNER_NAME,
};

/** Another virtine must not run here, because it has a policy of its own. */
const INNER = `function __colony_inner() {
  const call = async () => __colony_no();
  return Object.assign(call, { sync: __colony_no, batch: call, ready: call, dispose: async () => {} });
}
function __colony_no() {
  throw new Error("a virtine was called in another one: call it in the host");
}`;
/** Replaces a directive, and is as long. */
const NO = '__colony_no();';

const MISSING = `function __colony_missing(name) {
  const fail = () => { throw new Error(name + " is not there in a context: the build accepted it because it should never run"); };
  const stub = new Proxy(function () {}, { get: (_, key) => (typeof key === "symbol" || key === "then" ? undefined : stub), apply: fail, construct: fail });
  return stub;
}`;

/** The value of a host's global whose use was accepted: the program itself may have defined it by then. */
const GLOBAL = `function __colony_global(name) {
  return name in globalThis ? globalThis[name] : __colony_missing(name);
}`;

/**
 * Runs first, and removes all ways to make code: `eval`, `Function` and the constructors of functions throw. It uses no
 * name that the program could redefine. `Function('return this')` is an old way to write globalThis, and still works.
 */
export const SEAL = `function __colony_seal() {
  const text = "code that is made at run time was not analysed: write it out, or accept it with accept: ['eval']";
  const { defineProperty, getPrototypeOf } = ({}).constructor;
  const global = getPrototypeOf(function () {}).constructor("return this")();
  const { EvalError } = global;
  const define = (target, name, value) => defineProperty(target, name, { value, writable: true, configurable: true });
  const seal = (prototype) => {
    const { name } = prototype.constructor;
    const maker = function (...code) {
      if (code.length === 1 && code[0] === "return this") return () => global;
      throw new EvalError(text);
    };
    maker.prototype = prototype;
    const bound = maker.bind();
    define(bound, "prototype", prototype);
    define(bound, "name", name);
    define(prototype, "constructor", bound);
  };
  for (const each of [function () {}, async function () {}, function* () {}, async function* () {}]) seal(getPrototypeOf(each));
  define(global, "Function", getPrototypeOf(seal).constructor);
  define(global, "eval", (code) => { if (typeof code !== "string") return code; throw new EvalError(text); });
}`;
export const SEAL_CALL = '__colony_seal();';

export interface Finish {
  /** Accepted uses of the host's globals. */
  readonly globals: readonly Reference[];
  /** Code that is made at run time was accepted. */
  readonly makesCode: boolean;
  /** Virtines other than the program's own. */
  readonly others: InnerVirtines;
}

export interface Finished {
  readonly source: string;
  /** The code that the compiler appended. */
  readonly tail: string;
  /** Maps an offset in the source to one in the bundle; undefined for code of the compiler. */
  readonly originOf: (offset: number) => number | undefined;
}

/** Keeps lines in place, so that the source map stays valid. */
export function finishBundle(parsed: Parsed, scopes: Scopes, helpers: Helpers, finish: Finish): Finished {
  const edits = [
    ...importEdits(parsed),
    ...requireEdits(parsed, helpers),
    ...globalEdits(finish.globals, scopes),
    ...innerEdits(parsed, finish.others),
  ];
  edits.sort((a, b) => a.start - b.start);
  const text = new MagicString(parsed.text);
  for (const { start, end, content } of edits) text.overwrite(start, end, content);
  const uses = (name: string) => edits.some(({ content }) => content.includes(name));
  const tail = [
    uses('__colony_global') ? GLOBAL : '',
    uses(INNER_NAME) || uses(NO) ? INNER : '',
    uses('__colony_missing') || uses('__colony_global') ? MISSING : '',
    finish.makesCode ? '' : SEAL,
  ];
  const written = tail
    .filter((part) => part !== '')
    .map((part) => `\n${part}`)
    .join('');
  const head = finish.makesCode ? '' : SEAL_CALL;
  const source = head + text.toString() + written;
  const end = source.length - written.length;
  return {
    source,
    tail: written,
    originOf: (offset) => (offset < end ? originOf(offset - head.length, edits) : undefined),
  };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

function originOf(offset: number, edits: readonly Edit[]): number | undefined {
  let shift = 0;
  for (const { start, end, content } of edits) {
    const at = start + shift;
    if (offset < at) break;
    if (offset < at + content.length) return undefined;
    shift += content.length - (end - start);
  }
  return offset < 0 ? undefined : offset - shift;
}

/** Replaces imports by stubs, or by the guest's own half of the runtime. */
function importEdits({ program }: Parsed): Edit[] {
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ImportDeclaration') return [];
    const source = statement.source.value;
    const stubs = statement.specifiers.map((specifier) => {
      const value = source === RUNTIME ? shimOf(specifier) : `__colony_missing(${JSON.stringify(source)})`;
      // The global of that name has the same value.
      return value === `globalThis.${specifier.local.name}` ? '' : `const ${specifier.local.name} = ${value};`;
    });
    const { start, end } = statement;
    return [{ start, end, content: stubs.join(' ').trim() || ';' }];
  });
}

function requireEdits({ text }: Parsed, { requires }: Helpers): Edit[] {
  return requires.map(({ start, end }) => {
    const lines = text.slice(start, end).split('\n').length - 1;
    return { start, end, content: `__colony_missing${'\n'.repeat(lines)}` };
  });
}

function globalEdits(globals: readonly Reference[], scopes: Scopes): Edit[] {
  return globals.map(({ name, node }) => {
    const parent = scopes.parents.get(node);
    const key = parent?.type === 'Property' && parent.shorthand ? `${name}: ` : '';
    return { start: node.start, end: node.end, content: `${key}(__colony_global(${JSON.stringify(name)}))` };
  });
}

/** Makes directives throw, and blanks arguments of `virtine()`. All replacements have the original's length. */
function innerEdits({ text }: Parsed, others: InnerVirtines): Edit[] {
  const directives = others.directives.map(({ start, end }) => ({ start, end, content: NO.padEnd(end - start) }));
  const passed = hiddenIn(others).map(({ start, end }) => ({ start, end, content: blank(text.slice(start, end)) }));
  return [...directives, ...passed];
}

/** An argument that does nothing, of the same length. */
const blank = (text: string) => `0${text.slice(1).replace(/[^\n]/g, ' ')}`;

type Specifier = Extract<Node, { type: 'ImportSpecifier' | 'ImportDefaultSpecifier' | 'ImportNamespaceSpecifier' }>;

function shimOf(specifier: Specifier): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '{ host: globalThis.host, virtine: __colony_inner }';
  const name =
    specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? specifier.imported.name : '';
  return SHIMS[name] ?? 'undefined';
}
