/** A prepared module, which can be interrupted and whose memory can be limited, with facts about it. */

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

/** An import other than a function. */
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
  /** The most pages that the module itself allows its memory. */
  readonly maxPages: number;
  /** Entries of each table at the start, and whether it holds functions. */
  readonly tables: readonly { readonly entries: number; readonly functions: boolean }[];
  /** Types of the mutable globals. */
  readonly globals: readonly ValueType[];
  /** The module has instructions that change its tables. */
  readonly writesTables: boolean;
  /** The module has a start function, which runs only when it is called. */
  readonly hasStart: boolean;
  /** Address of the page of marks (see tracking.ts); absent if written pages are not marked. */
  readonly reserved?: number;
}

export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly facts: ModuleFacts;
}

/**
 * Prefix of the exports that a prepared module has besides its own: everything that a state consists of. They are
 * `memory`, `start`, and, followed by a number, `global` (mutable ones), `table` and `function` (those that a table may
 * hold, if tables change).
 */
export const HIDDEN = 'colony:hidden:';
/** The module of its added imports: `interrupt(): i32`, `grow(pages: i32): i32`, `grow_table(table: i32, n: i32): i32`. */
export const HOST = 'colony:host';
