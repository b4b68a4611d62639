/** An instance of a prepared module: checks its growth, and freezes and restores everything that it can change. */

import { HIDDEN, HOST, type PreparedModule } from '../prepare/prepared.js';
import { DirtyMap } from './dirty.js';
import type { GuestState } from './guest.js';
import { type GuestHost, RunEnd } from './host.js';

const WASM_PAGE = 65536;
/**
 * Units of fuel between two checks of the clock: 20 us of a loop of one instruction, 100 ms of the slowest possible code
 * (a cache miss for each instruction). The engine checks less often: its own code is not written to be slow, and its
 * interpreter pays for 4 KiB at each of its instructions.
 */
const RATION = 20_000;
const ENGINE_RATION = 100_000;
/** Bytes that an entry of a table counts against the memory limit. */
const ENTRY_BYTES = 16;
/** Entries that tables may grow by; the same on every backend. */
const TABLE_SLACK = 256;
/** -1 as the unsigned number that `table.grow` gets: no table grows by so much. */
const TOO_MANY = -1;

type Memories = Pick<GuestState, 'memory'>;
type AnyFunction = (...args: never[]) => unknown;

export class Instance {
  readonly exports: WebAssembly.Exports;
  readonly #prepared: PreparedModule;
  readonly #host: GuestHost;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #globals: readonly WebAssembly.Global[];
  readonly #tables: readonly WebAssembly.Table[];
  #view = new Uint8Array(0);
  #data: DataView = new DataView(new ArrayBuffer(0));
  readonly #dirty: DirtyMap | undefined;
  /** The memory's content when the marks were last cleared. Nothing writes to it. */
  #base: Memories | undefined;

  /** @throws RunEnd ERR_LIMIT_MEMORY */
  constructor(prepared: PreparedModule, imports: WebAssembly.Imports, host: GuestHost) {
    this.#prepared = prepared;
    this.#host = host;
    this.#checkStart();
    this.exports = this.#instantiate({ ...imports, [HOST]: this.#hostFunctions() });
    const { facts } = prepared;
    if (facts.reserved !== undefined) this.#dirty = new DirtyMap(facts.reserved);
    this.#memory = this.exports[`${HIDDEN}memory`] as WebAssembly.Memory | undefined;
    this.#globals = facts.globals.map((_, i) => this.exports[`${HIDDEN}global${i}`] as WebAssembly.Global);
    this.#tables = facts.tables.map((_, i) => this.exports[`${HIDDEN}table${i}`] as WebAssembly.Table);
  }

  /** Bytes that it holds. */
  get size(): number {
    return (this.#memory?.buffer.byteLength ?? 0) + ENTRY_BYTES * this.#entries();
  }

  /** Pages of 4 KiB that `restore` would put back; 0 if they are not known. */
  get dirtyPages(): number {
    return this.#base === undefined ? 0 : (this.#dirty?.count(this.memory) ?? 0);
  }

  /**
   * The present linear memory; growth replaces it. A writer reports what it wrote by `wrote`, or uses the methods that do.
   */
  get memory(): Uint8Array {
    const buffer = this.#memory?.buffer;
    if (buffer !== undefined && this.#view.buffer !== buffer) this.#view = new Uint8Array(buffer);
    return this.#view;
  }

  /**
   * Runs the guest. If an exception ends it, the host's stack may have been full just when a function was to write the
   * marks of a bulk instruction, so the marks are incomplete. The base therefore stays unset, and the next restore copies
   * the whole memory. Code that handled the exception could not do that: on a full stack nothing can be called.
   */
  run<T>(use: () => T): T {
    const base = this.#base;
    this.#base = undefined;
    const result = use();
    this.#base = base;
    return result;
  }

  /** Reports that the host wrote to the memory. */
  wrote(address: number, length: number): void {
    this.#dirty?.mark(this.memory, address, length);
  }

  writeU32(address: number, value: number): void {
    this.data.setUint32(address, value, true);
    this.wrote(address, 4);
  }

  writeU64(address: number, value: bigint): void {
    this.data.setBigUint64(address, value, true);
    this.wrote(address, 8);
  }

  /** For reading. */
  get data(): DataView {
    const { buffer } = this.memory;
    if (this.#data.buffer !== buffer) this.#data = new DataView(buffer);
    return this.#data;
  }

  /** Runs the module's start function, if it has one. */
  start(): void {
    if (this.#prepared.facts.hasStart) (this.exports[`${HIDDEN}start`] as () => void)();
  }

  /** The present state, with the values in memory to which the host's half of the guest refers. */
  freeze(roots: readonly bigint[] = []): GuestState {
    const memory = shared(this.memory);
    this.#dirty?.clear(memory);
    return { memory, globals: this.#frozenGlobals(), tables: this.#frozenTables(), roots };
  }

  /** The present state, written over an older one if that has the same size. */
  save(over: GuestState, roots: readonly bigint[] = []): GuestState {
    const memory = over.memory.length === this.memory.length ? over.memory : new Uint8Array(this.memory.length);
    memory.set(this.memory);
    this.#dirty?.clear(memory);
    // Other threads may write to kept state, so its memory cannot be the base of dirty pages.
    this.#base = undefined;
    return { memory, globals: this.#frozenGlobals(), tables: this.#frozenTables(), roots };
  }

  #frozenGlobals(): (number | bigint)[] {
    return this.#globals.map((global) => frozenValue(global.value));
  }

  #frozenTables(): Int32Array[] {
    return this.#prepared.facts.writesTables ? this.#tables.map(frozenTable) : [];
  }

  /** @returns false if its memory or a table is larger than the state's */
  restore(state: GuestState): boolean {
    const memory = this.memory;
    if (memory.length > state.memory.length) return false;
    if (this.#tables.some((table, i) => state.tables[i] !== undefined && table.length > state.tables[i].length))
      return false;
    if (memory.length < state.memory.length) this.#memory!.grow((state.memory.length - memory.length) / WASM_PAGE);
    this.#restoreMemory(state);
    for (const [i, global] of this.#globals.entries()) this.#restoreGlobal(global, i, state.globals[i]!);
    for (const [i, entries] of state.tables.entries()) this.#restoreTable(this.#tables[i]!, entries);
    return true;
  }

  /** Copies only the written pages, if they are known. */
  #restoreMemory(state: Memories): void {
    const memory = this.memory;
    const dirty = this.#dirty;
    if (this.#base === state && dirty?.restore(memory, state.memory)) return;
    memory.set(state.memory);
    dirty?.clear(memory);
    this.#base = state;
  }

  #restoreGlobal(global: WebAssembly.Global, i: number, value: number | bigint): void {
    const type = this.#prepared.facts.globals[i];
    if (type === 'funcref') global.value = this.#function(value as number);
    else if (type !== 'externref') global.value = value;
  }

  #restoreTable(table: WebAssembly.Table, entries: Int32Array): void {
    if (table.length < entries.length) table.grow(entries.length - table.length);
    for (let i = 0; i < entries.length; i++) {
      const index = entries[i]!;
      if (indexOf(table.get(i)) !== index) table.set(i, this.#function(index));
    }
  }

  #function(index: number): unknown {
    return index < 0 ? null : this.exports[`${HIDDEN}function${index}`];
  }

  #entries(): number {
    let entries = 0;
    for (const table of this.#tables) entries += table.length;
    return entries;
  }

  #checkStart(): void {
    const { memory, tables } = this.#prepared.facts;
    const bytes = memory + ENTRY_BYTES * tables.reduce((sum, { entries }) => sum + entries, 0);
    if (bytes > this.#host.limits.memory) throw new RunEnd('ERR_LIMIT_MEMORY', `it starts with ${bytes} bytes`);
  }

  #instantiate(imports: WebAssembly.Imports): WebAssembly.Exports {
    try {
      return new WebAssembly.Instance(this.#prepared.module, imports).exports;
    } catch (error) {
      // Instantiating makes one large allocation, the memory.
      if (error instanceof RangeError)
        throw new RunEnd('ERR_LIMIT_MEMORY', `the host has no memory for it: ${error.message}`);
      throw error;
    }
  }

  /** Each function checks the clock: work of the host takes longer than the guest pays for. */
  #hostFunctions(): Record<string, AnyFunction> {
    const ration = this.#prepared.facts.reserved === undefined ? RATION : ENGINE_RATION;
    return {
      interrupt: () => {
        this.#host.interrupt();
        return ration;
      },
      grow: (pages: number) => {
        this.#host.interrupt();
        return this.#grow(pages >>> 0);
      },
      grow_table: (table: number, entries: number) => {
        this.#host.interrupt();
        return this.#growTable(table, entries >>> 0);
      },
    };
  }

  /** `memory.grow`: returns the pages before, or -1 if the module itself allows no more. @throws RunEnd ERR_LIMIT_MEMORY */
  #grow(pages: number): number {
    const memory = this.#memory!;
    const old = memory.buffer.byteLength / WASM_PAGE;
    if (pages === 0) return old;
    if (pages > this.#prepared.facts.maxPages - old) return -1;
    const more = pages * WASM_PAGE;
    if (this.size + more > this.#host.limits.memory)
      throw new RunEnd('ERR_LIMIT_MEMORY', `it asked for ${more} bytes more`);
    try {
      return memory.grow(pages);
    } catch {
      throw new RunEnd('ERR_LIMIT_MEMORY', 'the host has no memory for it');
    }
  }

  /** Number of entries to pass to `table.grow`: the request, or a number that makes it fail. */
  #growTable(table: number, entries: number): number {
    const { tables } = this.#prepared.facts;
    const { functions } = tables[table]!;
    const last = tables.findLastIndex((other) => other.functions === functions) === table;
    const declared = tables.reduce((sum, other) => sum + other.entries, 0);
    let used = 0;
    for (const [i, other] of tables.entries()) if (other.functions === functions) used += this.#tables[i]!.length;
    if (entries > 0 && (!last || entries > declared + TABLE_SLACK - used)) return TOO_MANY;
    return entries;
  }
}

/** A copy that every thread can read. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Exported functions are named by their index. */
function indexOf(value: unknown): number {
  return typeof value === 'function' ? Number(value.name) : -1;
}

function frozenValue(value: unknown): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint' ? value : indexOf(value);
}

function frozenTable(table: WebAssembly.Table): Int32Array {
  return Int32Array.from({ length: table.length }, (_, i) => indexOf(table.get(i)));
}
