/**
 * Snapshots as bytes. They may come from anywhere, so each part is checked before it is used. A forged state can do no
 * more than its program could have done: all of it lies inside one guest.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ColonyError } from '@colony/core';
import { type CodecLimits, concat, decode, encode } from '@colony/core/codec';
import { engineFiles } from '../engine/load.js';
import type { GuestState } from '../guest/guest.js';
import type { ModuleFacts } from '../prepare/prepared.js';
import type { PreparedProgram } from '../thread/program.js';
import { PAGE, usedPages } from './memory.js';
import type { Ready } from './start-state-cache.js';

const MAGIC = 'colony-wasm-snapshot';
const VERSION = 2;
const WASM_PAGE = 65536;
const MOST_BYTES = 2 ** 32;
const LIMITS: CodecLimits = { maxBytes: 2 * MOST_BYTES, maxDepth: 16, allowance: 2 ** 23 };
const MOST_TABLE_ENTRIES = 10_000_000;

/** The content of a file, checked as far as possible without its program. Its memory is not allocated yet. */
export interface SavedState extends Omit<GuestState, 'memory'> {
  /** Hash of the module that the state is of. */
  readonly module: string;
  /** Bytes of memory. All of it is zero, except for `pages`, which ascend. */
  readonly size: number;
  readonly pages: Uint32Array;
  /** The pages' content, one after the other. */
  readonly content: Uint8Array;
  readonly exports: readonly string[];
}

function damaged(what: string): ColonyError {
  return new ColonyError('ERR_SNAPSHOT_DAMAGED', `the snapshot is damaged: ${what}; take it again`);
}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw damaged(what);
}

/** Names the module that a state belongs to: its addresses mean nothing in another module. */
function moduleId(program: PreparedProgram): string {
  if (program.kind === 'js') return engineId();
  return program.kind;
}

let engine: string | undefined;

export function engineId(): string {
  engine ??= createHash('sha256').update(readFileSync(engineFiles.module)).digest('hex');
  return engine;
}

export function encodeSnapshot({ start, exports }: Ready): Uint8Array {
  const { memory, globals, tables, roots } = start.state!;
  const pages = usedPages(memory);
  const content = concat(pages.map((page) => memory.slice(page * PAGE, (page + 1) * PAGE)));
  const bytes = concat(
    encode(
      [
        MAGIC,
        VERSION,
        moduleId(start.program),
        memory.length,
        Uint32Array.from(pages),
        content,
        globals,
        tables,
        roots,
        exports,
      ],
      LIMITS,
    ),
  );
  return bytes.slice();
}

/** @throws ColonyError ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION or ERR_SNAPSHOT_FOREIGN */
export function decodeSnapshot(bytes: Uint8Array): SavedState {
  const parts = readParts(bytes);
  const [, , module, size, pages, content, globals, tables, roots, exports] = parts;
  check(typeof module === 'string', 'it does not name its module');
  check(isNatural(size, MOST_BYTES) && size % WASM_PAGE === 0, 'the size of the memory');
  check(pages instanceof Uint32Array && content instanceof Uint8Array, 'the memory');
  check(content.length === pages.length * PAGE, 'the length of the memory');
  check(Array.isArray(globals) && globals.every(isNumber), 'the globals');
  check(Array.isArray(tables) && tables.every(isTable), 'the tables');
  check(Array.isArray(roots) && roots.every(isLong), 'the roots');
  check(Array.isArray(exports) && exports.every((name) => typeof name === 'string'), 'the exports');
  checkPages(pages, size / PAGE);
  return { module, size, pages, content, globals, tables, roots: roots.map(BigInt), exports };
}

function readParts(bytes: Uint8Array): unknown[] {
  let parts: unknown;
  try {
    parts = decode(bytes, LIMITS);
  } catch (cause) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', 'the snapshot cannot be read; take it again', { cause });
  }
  if (!Array.isArray(parts) || parts[0] !== MAGIC)
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', 'this is not a snapshot of the wasm backend');
  if (parts[1] !== VERSION) {
    const message = `the snapshot has format ${String(parts[1])}, this Colony reads ${VERSION}; take it again with this version`;
    throw new ColonyError('ERR_SNAPSHOT_VERSION', message);
  }
  check(parts.length === 10, 'a part is missing');
  return parts;
}

function checkPages(pages: Uint32Array, most: number): void {
  let last = -1;
  for (const page of pages) {
    check(page > last && page < most, 'a page of the memory');
    last = page;
  }
}

/** Allocates the memory. The caller has checked its size against the limits. */
function restored({ size, pages, content, globals, tables, roots }: SavedState): GuestState {
  const memory = new Uint8Array(new SharedArrayBuffer(size));
  for (const [i, page] of pages.entries()) memory.set(content.subarray(i * PAGE, (i + 1) * PAGE), page * PAGE);
  return { memory, globals, tables, roots };
}

const isNatural = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
const is64Bit = (value: unknown): boolean => typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
const isNumber = (value: unknown): boolean => typeof value === 'number' || is64Bit(value);
const isLong = (value: unknown): boolean => is64Bit(value) || Number.isSafeInteger(value);
const isTable = (value: unknown): boolean => value instanceof Int32Array && value.length <= MOST_TABLE_ENTRIES;

const ROOTS: Readonly<Record<PreparedProgram['kind'], number>> = { js: 2, wasm: 0, native: 0, component: 0 };

/**
 * Checks that the state can be one of the program's, and allocates its memory.
 * @throws ColonyError ERR_SNAPSHOT_VERSION for another engine's, ERR_SNAPSHOT_DAMAGED
 */
export function stateOf(program: PreparedProgram, saved: SavedState): GuestState {
  if (program.kind === 'component') throw damaged('components have no snapshots');
  if (saved.module !== moduleId(program)) {
    const message = 'the snapshot was taken with another version of the engine; take it again with this one';
    throw new ColonyError('ERR_SNAPSHOT_VERSION', message);
  }
  const { facts } = program.kind === 'js' ? program.engine : program.module;
  check(saved.size >= facts.memory && saved.size <= facts.maxPages * WASM_PAGE, 'its memory does not fit the program');
  check(
    saved.globals.length === facts.globals.length && saved.globals.every(fitsGlobal(facts)),
    'its globals do not fit the program',
  );
  const tables = facts.writesTables ? facts.tables.length : 0;
  check(saved.tables.length === tables && saved.tables.every(fitsTable(facts)), 'its tables do not fit the program');
  check(saved.roots.length === ROOTS[program.kind], 'its roots do not fit the program');
  return restored(saved);
}

function fitsGlobal({ globals }: ModuleFacts): (value: number | bigint, i: number) => boolean {
  return (value, i) => (typeof value === 'bigint') === (globals[i] === 'i64');
}

function fitsTable({ tables }: ModuleFacts): (table: Int32Array, i: number) => boolean {
  return (table, i) => table.length >= tables[i]!.entries && table.every((entry) => entry >= -1);
}
