/**
 * Generates the C between a Wasm module and the C guest runtime, from the header that wasm2c wrote. The module's
 * exported functions become the image's functions. Its imports become hypercalls named `module.name`.
 */
import { ColonyError } from '@colony/core';

type NumberType = 'u32' | 'u64' | 'f32' | 'f64';
type ResultType = NumberType | 'void';

interface WasmFunction {
  /** The name in the module: `add`, or `env.log` for an import. */
  readonly name: string;
  /** The name that wasm2c gives it. */
  readonly symbol: string;
  /** C type of its first parameter. */
  readonly instance: string;
  readonly result: ResultType;
  readonly parameters: readonly NumberType[];
}

interface ExportedFunction {
  readonly definition: string;
  readonly record: string;
}

/** C type, letter in colony_export.signature, and the functions that convert a value for the host and back. */
const TYPES: Readonly<Record<NumberType, { c: string; letter: string; toHost: string; fromHost: string }>> = {
  u32: { c: 's32', letter: 'i', toHost: 'colony_from_int', fromHost: 'colony_as_int' },
  u64: { c: 's64', letter: 'l', toHost: 'colony_from_int', fromHost: 'colony_as_int' },
  f32: { c: 'f32', letter: 'f', toHost: 'colony_from_double', fromHost: 'colony_as_double' },
  f64: { c: 'f64', letter: 'd', toHost: 'colony_from_double', fromHost: 'colony_as_double' },
};
/** The registers that the guest runtime uses for calls (see runtime/native/invoke.S). */
const MAX_INTEGERS = 6;
const MAX_FLOATS = 8;

const DECLARATION = /^\/\* (import|export): '(.*)' \*\/\n(.+?)\s*(\w+)\((.*)\);$/gm;

/** Imports other than functions are fields of the module's instance. */
const IMPORTED_FIELD = /^ {2}\/\* import: '(.*)' \*\/$/m;

/** Turns `'env' 'log'` into `env.log`. */
const spelled = (quoted: string): string => quoted.replace("' '", '.');

function unsupported(what: string): ColonyError {
  return new ColonyError('ERR_UNSUPPORTED', `the Wasm module ${what}, which a virtine cannot have`);
}

function isNumberType(type: string): type is NumberType {
  return Object.hasOwn(TYPES, type);
}

/** Omits exports that are not functions (memories, tables, globals); such imports are refused. */
function parse(header: string): { imports: WasmFunction[]; exports: WasmFunction[] } {
  const functions = { import: [] as WasmFunction[], export: [] as WasmFunction[] };
  const field = IMPORTED_FIELD.exec(header);
  if (field !== null) throw unsupported(`imports \`${spelled(field[1]!)}\`, a memory, table or global`);
  for (const [, kind, quoted, result, symbol, parameters] of header.matchAll(DECLARATION)) {
    const name = spelled(quoted!);
    if (result!.endsWith('*')) continue;
    const [instance, ...types] = parameters!.split(', ');
    if ((result !== 'void' && !isNumberType(result!)) || !types.every(isNumberType)) {
      throw unsupported(`has \`${name}\` with a type that is not i32, i64, f32 or f64, or with several results`);
    }
    functions[kind as 'import' | 'export'].push({
      name,
      symbol: symbol!,
      instance: instance!,
      result: result as ResultType,
      parameters: types,
    });
  }
  return { imports: functions.import, exports: functions.export };
}

function cString(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
}

function list(parameters: readonly NumberType[], item: (type: NumberType, index: number) => string): string {
  return parameters.map(item).join(', ');
}

function importFunction({ name, symbol, instance, result, parameters }: WasmFunction): string {
  const declared = [`${instance} module`, ...parameters.map((type, i) => `${type} a${i}`)].join(', ');
  const values = list(parameters, (type, i) => `${TYPES[type].toHost}((${TYPES[type].c})a${i})`);
  const recorded = /^[\w:.$-]+$/.test(name) ? `  COLONY_RECORD_HYPERCALL("${name}");\n` : '';
  const call = `colony_call_values(${cString(name)}, NULL, arguments, ${parameters.length})`;
  const end = result === 'void' ? `${call};` : `return (${result})${TYPES[result].fromHost}(${call});`;
  return `${result} ${symbol}(${declared}) {
  (void)module;
${recorded}  const colony_value arguments[] = {${values || '{COLONY_UNDEFINED}'}};
  ${end}
}`;
}

/** Generates a function that the guest runtime can call, and its record in the table of exports. */
function exportFunction({ name, symbol, result, parameters }: WasmFunction, index: number): ExportedFunction {
  const floats = parameters.filter((type) => type.startsWith('f')).length;
  if (floats > MAX_FLOATS || parameters.length - floats > MAX_INTEGERS) {
    throw unsupported(
      `exports \`${name}\` with more than ${MAX_INTEGERS} integer or ${MAX_FLOATS} floating-point parameters`,
    );
  }
  const declared = list(parameters, (type, i) => `${TYPES[type].c} a${i}`) || 'void';
  const values = ['&instance', ...parameters.map((type, i) => `(${type})a${i}`)].join(', ');
  const c = result === 'void' ? 'void' : TYPES[result].c;
  const letters = [result === 'void' ? 'v' : TYPES[result].letter, ...parameters.map((type) => TYPES[type].letter)];
  return {
    definition: `static ${c} call_${index}(${declared}) { ${result === 'void' ? '' : `return (${c})`}${symbol}(${values}); }`,
    record: `  {${cString(name)}, (void (*)(void))call_${index}, "${letters.join('')}"},`,
  };
}

/** A reactor's constructors run before the snapshot, like the module's own start function. */
function startFunction(name: string, header: string, exports: readonly WasmFunction[]): string {
  const instantiate = new RegExp(`void wasm2c_${name}_instantiate\\((.*)\\);`).exec(header)!;
  const modules = instantiate[1]!.split(', ').length - 1;
  const initialize = exports.find((item) => item.name === '_initialize');
  return `__attribute__((constructor)) static void start(void) {
  wasm2c_${name}_instantiate(&instance${', NULL'.repeat(modules)});
${initialize === undefined ? '' : `  ${initialize.symbol}(&instance);\n`}}`;
}

/** Returns the C source that belongs to NAME.wasm.h. */
export function bindings(name: string, header: string): string {
  const { imports, exports } = parse(header);
  const functions = exports.filter((item) => item.name !== '_initialize').map(exportFunction);
  return `#include "${name}.wasm.h"

#include <colony/virtine.h>

static w2c_${name} instance;

${[...imports.map(importFunction), ...functions.map((item) => item.definition), startFunction(name, header, exports)].join('\n\n')}

static const struct colony_export colony_export_table[] __attribute__((section("colony_exports"), used, aligned(8))) = {
${functions.map((item) => item.record).join('\n')}
};
`;
}
