/** Instances, aliases, imports and exports in a component's binary form. */
import { externName, itemAt, readSort } from './read-names.js';
import { named, readExtern } from './read-types.js';
import type { Reader } from './reader.js';
import { at, type Scope } from './scope.js';
import type { FunctionType } from './types.js';

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
