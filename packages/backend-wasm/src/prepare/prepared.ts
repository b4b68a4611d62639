/** What `prepare` gives: a module that can be interrupted and held to its memory, and what is known of it. */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface FunctionExport extends Signature {
  readonly name: string;
}

export interface FunctionImport extends Signature {
  readonly module: string;
  readonly name: string;
}

/** Where the module wants something else than a function. */
export interface OtherImport {
  readonly module: string;
  readonly name: string;
  readonly kind: 'memory' | 'table' | 'global' | 'tag';
}

export interface ModuleFacts {
  /** Exported functions, in the module's order. */
  readonly exports: readonly FunctionExport[];
  readonly imports: readonly FunctionImport[];
  readonly otherImports: readonly OtherImport[];
  /** Bytes of the linear memory at the start; 0 without one. */
  readonly memory: number;
  /** Has a memory, its own or an imported one. */
  readonly hasMemory: boolean;
  /** Most pages that the module itself allows its memory. */
  readonly maxPages: number;
  /** Entries of each table at the start, and whether it holds functions. */
  readonly tables: readonly { readonly entries: number; readonly functions: boolean }[];
  /** Types of the mutable globals. */
  readonly globals: readonly ValueType[];
  /** The module has instructions that change its tables. */
  readonly writesTables: boolean;
  /** The module has a start function, which runs only when it is called. */
  readonly hasStart: boolean;
  /** Address of the page of marks (see tracking.ts); absent where written pages are not marked. */
  readonly reserved?: number;
}

export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly facts: ModuleFacts;
}

/**
 * What a prepared module exports besides its own: all that a state is made of. `memory`, `start`, and with a number
 * behind them `global` (the mutable ones), `table` and `function` (what a table may hold, where tables change).
 */
export const HIDDEN = 'colony:hidden:';
/** The module of its added imports: `interrupt(): i32`, `grow(pages: i32): i32`, `grow_table(table: i32, n: i32): i32`. */
export const HOST = 'colony:host';
