/** Types in a component's binary form: https://github.com/WebAssembly/component-model, design/mvp/Binary.md. */
import { ColonyError } from '@colony/core';
import { externName, readAlias } from './read-names.js';
import type { Reader } from './reader.js';
import { at, type Item, Scope, type TypeItem } from './scope.js';
import type { FunctionType, Primitive, TypeIndex, ValueType } from './types.js';

const PRIMITIVE_CODES: Readonly<Record<number, Primitive>> = {
  127: 'bool',
  126: 's8',
  125: 'u8',
  124: 's16',
  123: 'u16',
  122: 's32',
  121: 'u32',
  120: 's64',
  119: 'u64',
  118: 'f32',
  117: 'f64',
  116: 'char',
  115: 'string',
};

function unsupported(what: string): ColonyError {
  return new ColonyError('ERR_UNSUPPORTED', `the component uses ${what}, which this version of Colony does not know`);
}

/** A type index, or a primitive type: those have codes from 0x40, the range of negative one-byte numbers. */
function readValueType(reader: Reader, scope: Scope): TypeIndex {
  const first = reader.peek();
  if (first >= 0x40 && first < 0x80) {
    const kind = PRIMITIVE_CODES[reader.byte()];
    if (kind === undefined) throw unsupported(`a type of code 0x${first.toString(16)}`);
    return scope.table.primitive(kind);
  }
  const type = at(scope.types, reader.u32(), 'type', reader);
  return type.is === 'value' ? type.index : reader.fail('a value has the type of something else');
}

const optionalType = (reader: Reader, scope: Scope): TypeIndex | null =>
  reader.optional(() => readValueType(reader, scope)) ?? null;

function handle(reader: Reader, scope: Scope): ValueType {
  const type = at(scope.types, reader.u32(), 'type', reader);
  if (type.is !== 'resource') reader.fail('a handle does not refer to a resource');
  return { kind: 'handle', what: `a handle to the resource \`${type.name}\`` };
}

function readCase(reader: Reader, scope: Scope): readonly [string, TypeIndex | null] {
  const item = [reader.text(), optionalType(reader, scope)] as const;
  if (reader.optional(() => reader.u32()) !== undefined) reader.fail('a case refines another');
  return item;
}

type ReadType = (reader: Reader, scope: Scope) => ValueType;

const VALUE_TYPES: Readonly<Record<number, ReadType>> = {
  114: (reader, scope) => ({
    kind: 'record',
    fields: reader.list(() => [reader.text(), readValueType(reader, scope)] as const),
  }),
  113: (reader, scope) => ({ kind: 'variant', cases: reader.list(() => readCase(reader, scope)) }),
  112: (reader, scope) => ({ kind: 'list', of: readValueType(reader, scope) }),
  111: (reader, scope) => ({ kind: 'tuple', of: reader.list(() => readValueType(reader, scope)) }),
  110: (reader) => ({ kind: 'flags', names: reader.list(() => reader.text()) }),
  109: (reader) => ({ kind: 'enum', cases: reader.list(() => reader.text()) }),
  107: (reader, scope) => ({ kind: 'option', of: readValueType(reader, scope) }),
  106: (reader, scope) => ({ kind: 'result', ok: optionalType(reader, scope), err: optionalType(reader, scope) }),
  105: handle,
  104: handle,
};

/** One entry of a type section. */
export function readType(reader: Reader, scope: Scope): TypeItem {
  const code = reader.byte();
  const primitive = PRIMITIVE_CODES[code];
  if (primitive !== undefined) return { is: 'value', index: scope.table.primitive(primitive) };
  const read = VALUE_TYPES[code];
  if (read !== undefined) return { is: 'value', index: scope.table.add(read(reader, scope)) };
  switch (code) {
    case 0x40:
      return { is: 'func', type: readFunctionType(reader, scope) };
    case 0x41:
    case 0x42: {
      const inner = new Scope(scope.table, scope);
      reader.list(() => readDeclaration(reader, inner));
      return { is: code === 0x41 ? 'component' : 'instance', exports: inner.exports };
    }
    case 0x3f:
      reader.byte();
      reader.optional(() => reader.u32());
      return { is: 'resource', name: 'resource' };
    default:
      throw unsupported(`a type of code 0x${code.toString(16)}`);
  }
}

function readFunctionType(reader: Reader, scope: Scope): FunctionType {
  const parameters = reader.list(() => [reader.text(), readValueType(reader, scope)] as const);
  if (reader.byte() === 0) return { parameters, result: readValueType(reader, scope) };
  if (reader.u32() !== 0) throw unsupported('a function with several results');
  return { parameters, result: null };
}

/** A part of a component's or an instance's type. */
function readDeclaration(reader: Reader, scope: Scope): void {
  const code = reader.byte();
  if (code === 1) scope.types.push(readType(reader, scope));
  else if (code === 2) readAlias(reader, scope);
  else if (code === 3 || code === 4) {
    const name = externName(reader);
    const item = readExtern(reader, scope, name);
    scope.add(item);
    (code === 3 ? scope.imports : scope.exports).set(name, item);
  } else throw unsupported('a core type in a type');
}

/** The kind of an import or export, by its description. */
export function readExtern(reader: Reader, scope: Scope, name: string): Item {
  const code = reader.byte();
  if (code === 0) {
    reader.byte();
    reader.u32();
    return { sort: 'other', what: 'a core module' };
  }
  if (code === 3) return { sort: 'type', type: readBound(reader, scope, name) };
  if (code === 2) throw unsupported('values as imports or exports');
  const type = at(scope.types, reader.u32(), 'type', reader);
  if (code === 1 && type.is === 'func') return { sort: 'func', type: type.type };
  if (code === 4 && type.is === 'component') return { sort: 'component', exports: type.exports };
  if (code === 5 && type.is === 'instance') return { sort: 'instance', exports: type.exports };
  return reader.fail(`\`${name}\` has a type of another sort`);
}

function readBound(reader: Reader, scope: Scope, name: string): TypeItem {
  if (reader.byte() === 1) return { is: 'resource', name };
  return named(at(scope.types, reader.u32(), 'type', reader), scope, name);
}

/** The type under the name that it is exported by. */
export function named(type: TypeItem, scope: Scope, name: string): TypeItem {
  if (type.is === 'resource') return { is: 'resource', name };
  if (type.is !== 'value') return type;
  const of = scope.table.types[type.index]!;
  if (of.kind === 'alias' && of.name === name) return type;
  return { is: 'value', index: scope.table.add({ kind: 'alias', name, of: type.index }) };
}
