/** Instances, aliases, imports and exports in a component's binary form. */
import { named, readExtern } from './read-types.js';
import type { Reader } from './reader.js';
import { at, type Item, type Scope } from './scope.js';
import type { FunctionType } from './types.js';

/** The name of an import or export; what else stands with it (a version's end) is for package managers. */
export function externName(reader: Reader): string {
  const form = reader.byte();
  const name = reader.text();
  if (form === 2) reader.text();
  if (form > 2) reader.fail('a name has an unknown form');
  return name;
}

const SORTS = ['core', 'func', 'value', 'type', 'component', 'instance'] as const;

function readSort(reader: Reader): (typeof SORTS)[number] {
  const sort = SORTS[reader.byte()];
  if (sort === 'core') reader.byte();
  return sort ?? reader.fail('a sort is unknown');
}

const CORE: Item = { sort: 'other', what: 'something of a core module' };

/** What an index of a sort stands for. */
function itemAt(scope: Scope, sort: (typeof SORTS)[number], index: number, reader: Reader): Item {
  switch (sort) {
    case 'func':
      return { sort, type: at(scope.funcs, index, sort, reader) };
    case 'type':
      return { sort, type: at(scope.types, index, sort, reader) };
    case 'instance':
      return { sort, exports: at(scope.instances, index, sort, reader) };
    case 'component':
      return { sort, exports: at(scope.components, index, sort, reader) };
    default:
      return CORE;
  }
}

export function readAlias(reader: Reader, scope: Scope): void {
  const sort = readSort(reader);
  const target = reader.byte();
  const [first, second] = [reader.u32(), target === 2 ? reader.u32() : reader.text()];
  if (target === 0) {
    const item = at(scope.instances, first, 'instance', reader).get(second as string);
    scope.add(item ?? reader.fail(`an instance exports no \`${second}\``));
  } else if (target === 2) {
    const outer = scope.outer(first, reader);
    if (sort !== 'core') scope.add(itemAt(outer, sort, second as number, reader));
  } else if (target !== 1) reader.fail('an alias has an unknown target');
}

/** An instance section's entry: a component instantiated, or things exported together. */
export function readInstance(reader: Reader, scope: Scope): void {
  if (reader.byte() === 0) {
    const exports = at(scope.components, reader.u32(), 'component', reader);
    reader.list(() => [reader.text(), readSort(reader), reader.u32()]);
    scope.instances.push(exports);
    return;
  }
  const exports = reader.list(() => {
    const name = externName(reader);
    return [name, itemAt(scope, readSort(reader), reader.u32(), reader)] as const;
  });
  scope.instances.push(new Map(exports));
}

export function readImport(reader: Reader, scope: Scope): void {
  const name = externName(reader);
  const item = readExtern(reader, scope, name);
  scope.add(item);
  scope.imports.set(name, item);
}

/** An export may state a type of its own, which then counts. */
export function readExport(reader: Reader, scope: Scope): void {
  const name = externName(reader);
  const sort = readSort(reader);
  let item = itemAt(scope, sort, reader.u32(), reader);
  item = reader.optional(() => readExtern(reader, scope, name)) ?? item;
  if (item.sort === 'type') item = { sort: 'type', type: named(item.type, scope, name) };
  scope.add(item);
  scope.exports.set(name, item);
}

/** Canonical definitions: of those only lifted functions can be reached from outside. */
export function readCanonical(reader: Reader, scope: Scope): FunctionType | undefined {
  const code = reader.byte();
  if (code === 0) {
    reader.byte();
    reader.u32();
    readOptions(reader);
    const type = at(scope.types, reader.u32(), 'type', reader);
    return type.is === 'func' ? type.type : reader.fail('a lifted function has the type of something else');
  }
  if (code === 1) {
    reader.byte();
    reader.u32();
    readOptions(reader);
  } else if (code >= 2 && code <= 4) reader.u32();
  else reader.fail(`canonical function 0x${code.toString(16)} is unknown`);
  return undefined;
}

function readOptions(reader: Reader): void {
  reader.list(() => {
    if (reader.byte() >= 3) reader.u32();
  });
}
