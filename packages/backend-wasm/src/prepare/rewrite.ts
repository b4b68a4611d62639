/**
 * Rewrites a valid module, section by section; body.ts rewrites the code. It optimizes nothing and decodes no more than
 * it needs, so it takes time in proportion to the bytes: 20 ms for an engine.
 */
import { BodyRewriter, type Numbering, renumbered } from './body.js';
import { ByteReader, ByteWriter, malformed } from './bytes.js';
import { constantExpression, OP, refuse, valueType } from './instructions.js';
import {
  type FunctionExport,
  type FunctionImport,
  HIDDEN,
  HOST,
  type ModuleFacts,
  type OtherImport,
  type Signature,
  type ValueType,
} from './prepared.js';
import { MARK_RANGE_TYPE, markRangeBody, RESERVED_PAGES, type Tracking } from './tracking.js';

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order of sections. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11];
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;
const I32 = 0x7f;
const MOST_PAGES = 65536;
const WASM_PAGE = 65536;
/** Most functions that can be put back into tables. Each is an export, which costs the host some memory. */
const MOST_MENTIONED = 20_000;
/** Most tables, and most mutable globals. Each instance makes objects of them that its memory limit does not count. */
const MOST_KEPT = 20_000;

const HOST_FUNCTIONS = [
  { name: 'interrupt', type: [0x60, 0, 1, I32] },
  { name: 'grow', type: [0x60, 1, I32, 1, I32] },
  { name: 'grow_table', type: [0x60, 2, I32, I32, 1, I32] },
] as const;

type Index = number;

export interface Rewritten {
  readonly bytes: Uint8Array;
  readonly facts: ModuleFacts;
}

export interface RewriteOptions {
  /**
   * Marks the pages that the module writes, in a page that is added to its memory. Only for modules whose allocator uses
   * the result of `memory.grow`, because they do not notice that page. Default false.
   */
  readonly track?: boolean;
}

/** @throws ColonyError ERR_COMPILE if the module uses a feature that is not supported */
export function rewrite(module: Uint8Array, options: RewriteOptions = {}): Rewritten {
  return new ModuleRewriter(module, options).rewrite();
}

class ModuleRewriter {
  readonly #source: ByteReader;
  readonly #sections = new Map<number, ByteReader>();
  readonly #out = new Map<number, Uint8Array>();
  readonly #types: Signature[] = [];
  /** Type of every function, imported ones first. */
  readonly #functions: Index[] = [];
  readonly #imports: FunctionImport[] = [];
  readonly #otherImports: OtherImport[] = [];
  readonly #exports: FunctionExport[] = [];
  readonly #tables: { entries: number; functions: boolean }[] = [];
  readonly #memories: { pages: number; most: number }[] = [];
  readonly #globals: { type: ValueType; mutable: boolean; imported: boolean }[] = [];
  readonly #dropped = new Map<string, Index>();
  readonly #mentioned = new Set<Index>();
  #writesTables = false;
  #start: Index | undefined;
  #numbering!: Numbering;
  readonly #track: boolean;
  #tracking: Tracking | undefined;

  constructor(module: Uint8Array, { track = false }: RewriteOptions) {
    this.#source = new ByteReader(module);
    this.#track = track;
  }

  rewrite(): Rewritten {
    this.#split();
    this.#readTypes();
    this.#readImports();
    this.#readFunctions();
    this.#readTables();
    this.#readMemories();
    if (this.#tables.length > MOST_KEPT) throw malformed(`it has more than ${MOST_KEPT} tables`);
    if (this.#track) this.#reserve();
    this.#numbering = this.#number();
    this.#rewriteGlobals();
    this.#rewriteElements();
    this.#rewriteCode();
    this.#copy(SECTION.dataCount);
    this.#copy(SECTION.data);
    this.#readStart();
    this.#addGlobals();
    const mutable = this.#mutableGlobals();
    if (mutable.length > MOST_KEPT) throw malformed(`it has more than ${MOST_KEPT} mutable globals`);
    this.#rewriteExports(mutable.map(({ index }) => index));
    this.#writeTypes();
    this.#writeImports();
    return { bytes: this.#assemble(), facts: this.#facts(mutable.map(({ type }) => type)) };
  }

  #split(): void {
    const source = this.#source;
    source.skip(HEADER.length);
    while (!source.done) {
      const id = source.byte();
      const content = source.part(source.u32());
      if (id === SECTION.custom) continue;
      if (id === SECTION.tag) refuse('exception handling');
      if (id > SECTION.tag) refuse(`the unknown section ${id}`);
      this.#sections.set(id, content);
    }
  }

  /** Calls back for each item of a section that is a list. */
  #forEachItem(section: number, item: (reader: ByteReader, index: number) => void): void {
    const reader = this.#sections.get(section);
    if (reader === undefined) return;
    const count = reader.u32();
    for (let i = 0; i < count; i++) item(reader, i);
  }

  #readTypes(): void {
    const types = (reader: ByteReader) => Array.from({ length: reader.u32() }, () => valueType(reader.byte()));
    this.#forEachItem(SECTION.type, (reader) => {
      if (reader.byte() !== 0x60) refuse('garbage collection');
      const parameters = types(reader);
      this.#types.push({ parameters, results: types(reader) });
    });
  }

  #readImports(): void {
    this.#forEachItem(SECTION.import, (reader) => {
      const module = reader.name();
      const name = reader.name();
      if (module === HOST) throw malformed(`it imports from ${HOST}, which is Colony's own`);
      switch (reader.byte()) {
        case FUNCTION: {
          const type = reader.u32();
          this.#functions.push(type);
          this.#imports.push({ module, name, ...this.#signature(type) });
          return;
        }
        case TABLE:
          this.#otherImports.push({ module, name, kind: 'table' });
          return this.#table(reader);
        case MEMORY:
          this.#otherImports.push({ module, name, kind: 'memory' });
          return this.#memory(reader);
        case GLOBAL:
          this.#otherImports.push({ module, name, kind: 'global' });
          return this.#global(reader, true);
        default:
          refuse('exception handling');
      }
    });
  }

  #signature(type: Index): Signature {
    const signature = this.#types[type];
    if (signature === undefined) throw malformed('a type is missing');
    return signature;
  }

  #readFunctions(): void {
    this.#forEachItem(SECTION.function, (reader) => this.#functions.push(reader.u32()));
    this.#copy(SECTION.function);
  }

  #table(reader: ByteReader): void {
    const type = valueType(reader.byte());
    const flags = reader.byte();
    if (flags > 1) refuse('shared or 64-bit tables');
    this.#tables.push({ entries: reader.u32(), functions: type === 'funcref' });
    if (flags === 1) reader.u32();
  }

  #readTables(): void {
    this.#forEachItem(SECTION.table, (reader) => this.#table(reader));
    this.#copy(SECTION.table);
  }

  #memory(reader: ByteReader): void {
    const flags = reader.byte();
    if (flags === 2 || flags === 3) refuse('shared memory');
    if (flags > 3) refuse('a memory with 64-bit addresses or custom pages');
    const pages = reader.u32();
    this.#memories.push({ pages, most: flags === 1 ? reader.u32() : MOST_PAGES });
    if (this.#memories.length > 1) refuse('several memories');
  }

  #readMemories(): void {
    this.#forEachItem(SECTION.memory, (reader) => this.#memory(reader));
    this.#copy(SECTION.memory);
  }

  /** Adds a page for the marks and a function that writes them. Only if the memory is the module's own. */
  #reserve(): void {
    const memory = this.#memories[0];
    if (memory === undefined || !this.#out.has(SECTION.memory) || memory.pages + RESERVED_PAGES > MOST_PAGES) return;
    this.#tracking = {
      reserved: memory.pages * WASM_PAGE,
      markRange: this.#functions.length + HOST_FUNCTIONS.length,
    };
    memory.pages += RESERVED_PAGES;
    memory.most = Math.min(memory.most + RESERVED_PAGES, MOST_PAGES);
    this.#out.set(SECTION.memory, new ByteWriter().raw([1, 1]).u32(memory.pages).u32(memory.most).take());
    const functions = this.#functions.length - this.#imports.length;
    const declared = new ByteWriter().u32(functions + 1);
    for (const type of this.#functions.slice(this.#imports.length)) declared.u32(type);
    this.#out.set(SECTION.function, declared.u32(this.#types.length + HOST_FUNCTIONS.length).take());
  }

  #copy(section: number): void {
    const reader = this.#sections.get(section);
    if (reader === undefined) return;
    this.#out.set(section, reader.bytes(reader.start, reader.end));
  }

  #global(reader: ByteReader, imported: boolean): void {
    const type = valueType(reader.byte());
    const mutable = reader.byte() === 1;
    if (mutable && type === 'v128') refuse('mutable globals of vectors');
    this.#globals.push({ type, mutable, imported });
  }

  #number(): Numbering {
    const importedFunctions = this.#imports.length;
    const defined = this.#sections.get(SECTION.global);
    const definedGlobals = defined === undefined ? 0 : new ByteReader(defined.bytes(defined.at, defined.end)).u32();
    const fuel = this.#globals.length + definedGlobals;
    return {
      importedFunctions,
      moved: HOST_FUNCTIONS.length,
      interrupt: importedFunctions,
      grow: importedFunctions + 1,
      growTable: importedFunctions + 2,
      fuel,
      dropped: (kind, segment) => {
        const key = `${kind} ${segment}`;
        const index = this.#dropped.get(key) ?? fuel + 1 + this.#dropped.size;
        this.#dropped.set(key, index);
        return index;
      },
      mention: (index) => this.#mentioned.add(index),
      writesTables: () => {
        this.#writesTables = true;
      },
      tracking: this.#tracking,
    };
  }

  /** Copies from `copied` on, and renumbers the functions of a constant expression. */
  #expression(reader: ByteReader, out: ByteWriter, from: number): void {
    let copied = from;
    constantExpression(reader, (at, index, after) => {
      this.#mentioned.add(index);
      out.raw(reader.bytes(copied, at)).u32(renumbered(index, this.#numbering));
      copied = after;
    });
    out.raw(reader.bytes(copied, reader.at));
  }

  #rewriteGlobals(): void {
    const out = new ByteWriter();
    this.#forEachItem(SECTION.global, (reader) => {
      const from = reader.at;
      this.#global(reader, false);
      this.#expression(reader, out, from);
    });
    this.#out.set(SECTION.global, out.take());
  }

  /** Adds globals after the module's own: the ration, and the dropped segments. */
  #addGlobals(): void {
    const out = new ByteWriter().u32(this.#globals.filter(({ imported }) => !imported).length + 1 + this.#dropped.size);
    out.raw(this.#out.get(SECTION.global)!);
    for (let i = 0; i <= this.#dropped.size; i++) out.raw([I32, 1, OP.i32Const, 0, OP.end]);
    this.#out.set(SECTION.global, out.take());
  }

  #mutableGlobals(): { index: Index; type: ValueType }[] {
    const own = this.#globals
      .map(({ type, mutable, imported }, index) => ({ index, type, part: mutable && !imported }))
      .filter(({ part }) => part);
    const dropped = [...this.#dropped.values()].map((index) => ({ index, type: 'i32' as const }));
    return [...own, ...dropped];
  }

  #rewriteElements(): void {
    const source = this.#sections.get(SECTION.element);
    if (source === undefined) return;
    const out = new ByteWriter(Math.max(source.end - source.at, 16));
    let count = 0;
    this.#forEachItem(SECTION.element, (reader) => {
      count++;
      this.#element(reader, out);
    });
    this.#out.set(SECTION.element, new ByteWriter().u32(count).raw(out.view()).take());
  }

  /** Flags: 1 passive or declarative, 2 with a table or declarative, 4 expressions instead of numbers. */
  #element(reader: ByteReader, out: ByteWriter): void {
    const flags = reader.u32();
    out.u32(flags);
    const active = (flags & 1) === 0;
    if (active && flags & 2) out.u32(reader.u32());
    if (active) this.#expression(reader, out, reader.at);
    if (flags & 3) out.byte(reader.byte());
    const items = reader.u32();
    out.u32(items);
    for (let i = 0; i < items; i++) {
      if (flags & 4) this.#expression(reader, out, reader.at);
      else {
        const index = reader.u32();
        this.#mentioned.add(index);
        out.u32(renumbered(index, this.#numbering));
      }
    }
  }

  #rewriteCode(): void {
    const source = this.#sections.get(SECTION.code);
    const tracking = this.#tracking;
    if (source === undefined && tracking === undefined) return;
    const out = new ByteWriter(source === undefined ? 256 : 2 * (source.end - source.at) + 16);
    const bodies = new BodyRewriter(this.#numbering);
    const first = this.#imports.length;
    let count = 0;
    this.#forEachItem(SECTION.code, (reader, i) => {
      count++;
      bodies.rewrite(reader.part(reader.u32()), this.#signature(this.#functions[first + i]!).parameters.length, out);
    });
    if (tracking !== undefined) {
      count++;
      out.raw(markRangeBody(tracking));
    }
    this.#out.set(SECTION.code, new ByteWriter(out.length + 8).u32(count).raw(out.view()).take());
  }

  #readStart(): void {
    this.#start = this.#sections.get(SECTION.start)?.u32();
  }

  #rewriteExports(globals: readonly Index[]): void {
    const out = new ByteWriter();
    let count = 0;
    const add = (name: string, kind: number, index: number) => {
      count++;
      out.name(name).byte(kind).u32(index);
    };
    this.#forEachItem(SECTION.export, (reader) => {
      const name = reader.name();
      const kind = reader.byte();
      const index = reader.u32();
      if (name.startsWith(HIDDEN)) throw malformed(`its export \`${name}\` has a name of Colony's own`);
      if (kind === FUNCTION) this.#exports.push({ name, ...this.#signature(this.#functions[index] ?? -1) });
      add(name, kind, kind === FUNCTION ? renumbered(index, this.#numbering) : index);
    });
    if (this.#memories.length > 0) add(`${HIDDEN}memory`, MEMORY, 0);
    if (this.#start !== undefined) add(`${HIDDEN}start`, FUNCTION, renumbered(this.#start, this.#numbering));
    for (const [i, index] of globals.entries()) add(`${HIDDEN}global${i}`, GLOBAL, index);
    for (const [i] of this.#tables.entries()) add(`${HIDDEN}table${i}`, TABLE, i);
    for (const index of this.#functionsOfTables()) {
      const moved = renumbered(index, this.#numbering);
      add(`${HIDDEN}function${moved}`, FUNCTION, moved);
    }
    this.#out.set(SECTION.export, new ByteWriter(out.length + 8).u32(count).raw(out.view()).take());
  }

  #functionsOfTables(): Iterable<Index> {
    const referenced = this.#globals.some(({ type, mutable, imported }) => type === 'funcref' && mutable && !imported);
    if (!this.#writesTables && !referenced) return [];
    if (this.#mentioned.size > MOST_MENTIONED) {
      throw malformed(`it writes to its tables and names more than ${MOST_MENTIONED} functions for them`);
    }
    return this.#mentioned;
  }

  #writeTypes(): void {
    const reader = this.#sections.get(SECTION.type);
    const tracks = this.#tracking !== undefined;
    const out = new ByteWriter().u32(this.#types.length + HOST_FUNCTIONS.length + Number(tracks));
    if (reader !== undefined) {
      const list = new ByteReader(reader.bytes(reader.start, reader.end));
      list.u32();
      out.raw(list.bytes(list.at, list.end));
    }
    for (const { type } of HOST_FUNCTIONS) out.raw(type);
    if (tracks) out.raw(MARK_RANGE_TYPE);
    this.#out.set(SECTION.type, out.take());
  }

  #writeImports(): void {
    const reader = this.#sections.get(SECTION.import);
    const out = new ByteWriter().u32(this.#imports.length + this.#otherImports.length + HOST_FUNCTIONS.length);
    if (reader !== undefined) {
      const list = new ByteReader(reader.bytes(reader.start, reader.end));
      list.u32();
      out.raw(list.bytes(list.at, list.end));
    }
    for (const [i, { name }] of HOST_FUNCTIONS.entries()) {
      out
        .name(HOST)
        .name(name)
        .byte(FUNCTION)
        .u32(this.#types.length + i);
    }
    this.#out.set(SECTION.import, out.take());
  }

  #assemble(): Uint8Array {
    const out = new ByteWriter(this.#source.end + 1024).raw(HEADER);
    for (const id of ORDER) {
      const content = this.#out.get(id);
      if (content !== undefined) out.byte(id).u32(content.length).raw(content);
    }
    return out.take();
  }

  #facts(globals: readonly ValueType[]): ModuleFacts {
    const memory = this.#memories[0];
    return {
      exports: this.#exports,
      imports: this.#imports,
      otherImports: this.#otherImports,
      memory: (memory?.pages ?? 0) * 65536,
      hasMemory: memory !== undefined,
      maxPages: memory === undefined ? 0 : Math.min(memory.most, MOST_PAGES),
      tables: this.#tables,
      globals,
      writesTables: this.#writesTables,
      hasStart: this.#start !== undefined,
      ...(this.#tracking && { reserved: this.#tracking.reserved }),
    };
  }
}
