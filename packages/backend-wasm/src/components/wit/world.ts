/** Reads a component's world out of its bytes: what it imports and exports, with all types. Core code is skipped. */
import { ColonyError } from '@colony/core';
import { readCanonical, readExport, readImport, readInstance } from './read-items.js';
import { readAlias } from './read-names.js';
import { readType } from './read-types.js';
import { Reader } from './reader.js';
import { type Item, Scope, TypeTable } from './scope.js';
import type { World, WorldFunction } from './types.js';

const HEADER = 8;
/** Components within components; real ones nest two or three deep. */
const MAX_NESTING = 32;

/** @throws ColonyError ERR_COMPILE, ERR_UNSUPPORTED */
export function readWorld(bytes: Uint8Array): World {
  const table = new TypeTable();
  const scope = new Scope(table);
  readSections(new Reader(bytes, HEADER), scope, 0);
  const imports = functionsOf(scope.imports);
  return {
    types: table.types,
    imports,
    exports: functionsOf(scope.exports),
    otherImports: [...scope.imports].filter(([, item]) => !isUsual(item)).map(([name]) => name),
    importedInterfaces: [...scope.imports].filter(([, { sort }]) => sort === 'instance').map(([name]) => name),
  };
}

/** Returns whether Colony can provide the import: a function, an interface, or a type other than a resource. */
function isUsual(item: Item): boolean {
  if (item.sort === 'type') return item.type.is !== 'resource';
  return item.sort === 'func' || item.sort === 'instance';
}

function functionsOf(items: ReadonlyMap<string, Item>): WorldFunction[] {
  const functions: WorldFunction[] = [];
  for (const [name, item] of items) {
    if (item.sort === 'func') functions.push({ name, ...item.type });
    if (item.sort !== 'instance') continue;
    for (const [inner, member] of item.exports) {
      if (member.sort === 'func') functions.push({ owner: name, name: inner, ...member.type });
    }
  }
  return functions;
}

type ReadEntry = (reader: Reader, scope: Scope) => void;

/** Readers of the sections whose entries matter, by section number. */
const ENTRIES: Readonly<Record<number, ReadEntry>> = {
  5: readInstance,
  6: readAlias,
  7: (reader, scope) => scope.types.push(readType(reader, scope)),
  8: (reader, scope) => {
    const lifted = readCanonical(reader, scope);
    if (lifted !== undefined) scope.funcs.push(lifted);
  },
  10: readImport,
  11: readExport,
};
const COMPONENT = 4;
/** Custom sections, core modules, instances and types. */
const SKIPPED: readonly number[] = [0, 1, 2, 3];

function readSections(reader: Reader, scope: Scope, nesting: number): void {
  while (!reader.done) {
    const id = reader.byte();
    const section = reader.part(reader.u32());
    const read = ENTRIES[id];
    if (read !== undefined) {
      section.list(() => read(section, scope));
      if (!section.done) section.fail('a section is longer than its entries');
    } else if (id === COMPONENT) {
      if (nesting === MAX_NESTING) section.fail(`components are nested more than ${MAX_NESTING} deep`);
      section.part(HEADER);
      const inner = new Scope(scope.table, scope);
      readSections(section, inner, nesting + 1);
      scope.components.push(inner.exports);
    } else if (!SKIPPED.includes(id)) {
      throw new ColonyError('ERR_UNSUPPORTED', `the component has a section of kind ${id}, which Colony does not know`);
    }
  }
}
