/** Names, sorts and aliases: how a component refers to its items. */
import type { Reader } from './reader.js';
import { at, type Item, type Scope } from './scope.js';

/** The name of an import or export; what else stands with it (a version's end) is for package managers. */
export function externName(reader: Reader): string {
  const form = reader.byte();
  const name = reader.text();
  if (form === 2) reader.text();
  if (form > 2) reader.fail('a name has an unknown form');
  return name;
}

const SORTS = ['core', 'func', 'value', 'type', 'component', 'instance'] as const;

export function readSort(reader: Reader): (typeof SORTS)[number] {
  const sort = SORTS[reader.byte()];
  if (sort === 'core') reader.byte();
  return sort ?? reader.fail('a sort is unknown');
}

const CORE: Item = { sort: 'other', what: 'something of a core module' };

/** The item that an index of a sort refers to. */
export function itemAt(scope: Scope, sort: (typeof SORTS)[number], index: number, reader: Reader): Item {
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
