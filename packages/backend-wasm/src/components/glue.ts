/**
 * jco's glue between a component's core modules and values. It is host code whose text depends on the guest's
 * author. So it is checked before it runs, and it has only the few globals that it needs.
 */
import { compileFunction } from 'node:vm';
import { ColonyError } from '@colony/core';
import { brokenAbi, type TextDecoderClass } from './memory.js';

/** The text that jco 1.9.1 wrote, changed so that `loadGlue` can run it. */
export type GlueText = string;

/** Exports by name: functions, and by interface objects of functions. */
export type GlueExports = Readonly<Record<string, unknown>>;

export type InstantiateCore = (module: number, imports: WebAssembly.Imports) => { exports: WebAssembly.Exports };

/** As jco writes it: a component, from its core modules and its imports. */
export type Instantiate = (
  coreModule: (file: string) => number,
  imports: Readonly<Record<string, unknown>>,
  instantiateCore: InstantiateCore,
) => GlueExports;

function unexpected(what: string): ColonyError {
  return new ColonyError('ERR_COMPILE', `the component's glue is not as expected: ${what}`);
}

/**
 * jco 1.9.1 writes names of core imports and exports between quotes as they are: one with a quote in it would be code.
 * Names within components are words with hyphens, of which it makes identifiers.
 */
const UNQUOTABLE = /['"`\\\p{Cc}\u2028\u2029]/u;
const WIT_NAME = /^[\w:/@.+[\]-]+$/;

function checkName(name: string, ok: boolean): void {
  if (!ok) throw new ColonyError('ERR_COMPILE', `the component has a name that could be code: ${JSON.stringify(name)}`);
}

/** Names of core modules' imports and exports, and of the world. @throws ColonyError ERR_COMPILE */
export function checkNames(core: Iterable<string>, wit: Iterable<string>): void {
  for (const name of core) checkName(name, !UNQUOTABLE.test(name));
  for (const name of wit) checkName(name, WIT_NAME.test(name));
}

const HEAD = 'export function instantiate(getCoreModule, imports, instantiateCore = ';
/** The end of the helpers and the beginning of the component. */
const BODY = '\n  let gen = (function* init () {';
const SLICE = /\b(memory\d+)\.buffer\.slice\(/g;

/** jco uses this constant in the text before it: a function is there from the start. */
const CREATE = /const (trampoline\d+) = rscTableCreateOwn\.bind\(null, (handleTable\d+)\);/g;
const CREATOR = 'function $1(rep) { return rscTableCreateOwn($2, rep); }';

/** These declarations replace jco's, which use handles without checking that they are valid. */
const OVERRIDES = `
  function rscTableCreateOwn(table, rep) { return handles.add(table, 0, rep | T_FLAG); }
  function rscTableCreateBorrow(table, rep) { return handles.add(table, scopeId, rep); }
  function rscTableGet(table, handle) { return handles.get(table, handle); }
  function rscTableRemove(table, handle) { return handles.remove(table, handle); }
`;

/** Checks jco's text and makes it a function's body. @throws ColonyError ERR_COMPILE */
export function adaptGlue(written: string): GlueText {
  if (!written.startsWith(HEAD) || written.split(BODY).length !== 2)
    throw unexpected('another version of jco wrote it');
  const text = written
    .replace(SLICE, '$1.slice(')
    .replace(CREATE, CREATOR)
    .replace(BODY, () => OVERRIDES + BODY);
  if (text.includes('.buffer.slice(')) throw unexpected('it copies memory in an unknown way');
  return `'use strict';\n${text.slice('export '.length)}\nreturn instantiate;`;
}

/** Everything else that is global is undefined in the glue. */
const GRANTED: ReadonlySet<string> = new Set(
  `Object Array Map Symbol String Number Boolean BigInt Math JSON Error TypeError RangeError ArrayBuffer DataView
  Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float32Array
  Float64Array TextEncoder Promise undefined NaN Infinity`.split(/\s+/),
);
const UNSAYABLE: ReadonlySet<string> = new Set(['eval', 'arguments']);

const hidden = Object.getOwnPropertyNames(globalThis).filter(
  (name) => /^[\w$]+$/.test(name) && !GRANTED.has(name) && !UNSAYABLE.has(name) && name !== 'TextDecoder',
);
/** Names that are in a module's scope and not global. */
const PARAMETERS = ['TextDecoder', 'handles', ...new Set([...hidden, 'require', 'module', 'exports', 'console'])];

/** Compiles glue for one thread. The result makes an `instantiate` for one run. */
export function loadGlue(text: GlueText): (decoder: TextDecoderClass) => Instantiate {
  let make: (decoder: TextDecoderClass, handles: object) => Instantiate;
  try {
    // Without a callback for it, `import()` fails in here.
    make = compileFunction(text, PARAMETERS, { filename: 'colony:component' }) as typeof make;
  } catch (error) {
    throw unexpected((error as Error).message);
  }
  return (decoder) => make(decoder, handles);
}

const T_FLAG = 1 << 30;
/** Most handles of each type of resource at a time. */
const MOST_HANDLES = 65_536;

interface Entry {
  readonly rep: number;
  readonly scope: number;
  readonly own: boolean;
}

/**
 * Tables of handles, in jco's layout: pairs of scope and representation; a free pair has the flag in its first half,
 * and the number of the next free pair. The glue reads representations out of them by itself.
 */
const handles = {
  add(table: number[], scope: number, value: number): number {
    const free = table[0]! & ~T_FLAG;
    if (free === 0) {
      if (table.length >= 2 * MOST_HANDLES) throw brokenAbi(`it holds more than ${MOST_HANDLES} handles`);
      table.push(scope, value);
      return (table.length >> 1) - 1;
    }
    table[0] = table[free << 1]!;
    table[free << 1] = scope;
    table[(free << 1) + 1] = value;
    return free;
  },

  get(table: number[], handle: number): Entry {
    const known = Number.isInteger(handle) && handle > 0 && handle < table.length >> 1;
    const scope = known ? table[handle << 1]! : T_FLAG;
    if ((scope & T_FLAG) !== 0) throw brokenAbi('a handle is to nothing');
    const value = table[(handle << 1) + 1]!;
    return { rep: value & ~T_FLAG, scope, own: (value & T_FLAG) !== 0 };
  },

  remove(table: number[], handle: number): Entry {
    const entry = handles.get(table, handle);
    table[handle << 1] = table[0]! | T_FLAG;
    table[0] = handle | T_FLAG;
    return entry;
  },
};
