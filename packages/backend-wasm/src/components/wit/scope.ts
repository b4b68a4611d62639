/** Index spaces of a component (or of a component's or an instance's type) while it is read. */
import type { Reader } from './reader.js';
import type { FunctionType, TypeIndex, ValueType } from './types.js';

/** The meanings of an index that a component's world depends on. */
export type Item =
  | { readonly sort: 'func'; readonly type: FunctionType }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly sort: 'component'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly sort: 'type'; readonly type: TypeItem }
  | { readonly sort: 'other'; readonly what: string };

export type TypeItem =
  | { readonly is: 'value'; readonly index: TypeIndex }
  | { readonly is: 'resource'; readonly name: string }
  | { readonly is: 'func'; readonly type: FunctionType }
  | { readonly is: 'instance'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly is: 'component'; readonly exports: ReadonlyMap<string, Item> };

/** Types of values, of all scopes: the world's. */
export class TypeTable {
  readonly types: ValueType[] = [];
  readonly #primitives = new Map<string, TypeIndex>();

  add(type: ValueType): TypeIndex {
    return this.types.push(type) - 1;
  }

  primitive(kind: (ValueType & { fields?: never })['kind']): TypeIndex {
    let index = this.#primitives.get(kind);
    if (index === undefined) {
      index = this.add({ kind } as ValueType);
      this.#primitives.set(kind, index);
    }
    return index;
  }
}

export class Scope {
  readonly types: TypeItem[] = [];
  readonly funcs: FunctionType[] = [];
  readonly instances: ReadonlyMap<string, Item>[] = [];
  readonly components: ReadonlyMap<string, Item>[] = [];
  readonly exports = new Map<string, Item>();
  readonly imports = new Map<string, Item>();

  constructor(
    readonly table: TypeTable,
    readonly parent?: Scope,
  ) {}

  /** Everything that is imported, exported or aliased has an index of its own from there on. */
  add(item: Item): void {
    if (item.sort === 'func') this.funcs.push(item.type);
    else if (item.sort === 'instance') this.instances.push(item.exports);
    else if (item.sort === 'component') this.components.push(item.exports);
    else if (item.sort === 'type') this.types.push(item.type);
  }

  outer(count: number, reader: Reader): Scope {
    let scope: Scope | undefined = this;
    for (let i = 0; i < count; i++) scope = scope?.parent;
    return scope ?? reader.fail('an alias goes beyond the outermost component');
  }
}

export function at<T>(list: readonly T[], index: number, what: string, reader: Reader): T {
  const item = list[index];
  return item === undefined ? reader.fail(`there is no ${what} ${index}`) : item;
}
