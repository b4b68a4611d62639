/**
 * Compiled-in dirty tracking: marks the pages of its memory that a guest wrote, so that only those are put back.
 *
 * A map of one byte a page lies in the guest's own memory, because V8 in Node 20 has no second one. The guest may
 * write to the map, and gains nothing by that:
 *
 *     initial memory           | guard, 32 KiB | map, 32 KiB | what is grown
 *                              '----- reserved: one Wasm page ----'
 *
 * - `map[its page] = 1` follows each store, with nothing between that could trap or leave. Only after bulk instructions is
 *   there a call, which a full stack stops: after a run that ended by an exception, everything is put back.
 * - So the last store that changes the map itself leaves the mark of a reserved page, and nothing clears it: all later
 *   stores either set marks, or change the map and leave such a mark again.
 * - A reader that finds a reserved page marked trusts no mark in the map.
 *
 * The page is the one of the store's base address. A store reaches at most SPILL bytes further, so with a marked page
 * the first SPILL bytes after it count as written, too. Because of the guard, no store reaches into the map from below
 * without marking a reserved page. Page n + PAGES shares its mark with page n.
 */
import { ByteWriter } from './bytes.js';
import { BULK, OP } from './instructions.js';

const PAGE_BITS = 12;
/** Bytes for which one mark stands. */
export const TRACKED_PAGE = 1 << PAGE_BITS;
/** Marks in the map; together they stand for 128 MiB. */
export const TRACKED_PAGES = 0x8000;
/** Bytes after a marked page that a store may have written. */
export const SPILL = 512;
/** Wasm pages that are added to the memory. */
export const RESERVED_PAGES = 1;
const WIDEST_STORE = 16;
const WASM_PAGE = 65536;
const GUARD = RESERVED_PAGES * WASM_PAGE - TRACKED_PAGES;
const MASK = TRACKED_PAGES - 1;
const I32 = 0x7f;
const VOID = 0x40;

export interface Tracking {
  /** Address of the reserved Wasm page. */
  readonly reserved: number;
  /** Index of the function `(address: i32, length: i32)` that marks what a bulk instruction wrote. */
  readonly markRange: number;
}

/** Address of the map, from the address of the reserved page. */
export const mapAt = (reserved: number): number => reserved + GUARD;

/** Signed LEB128 of a number of 32 bits. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -0x40 || rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

const constant = (out: ByteWriter, value: number): ByteWriter => out.byte(OP.i32Const).raw(signed(value));

/** `map[page on top of the stack] = 1` */
function mark(out: ByteWriter, reserved: number): void {
  constant(out, MASK).raw([OP.i32And, OP.i32Const, 1, OP.i32Store8, 0]).u32(mapAt(reserved));
}

/** Code that follows a store with this offset to the address in a local. */
export function markStore(out: ByteWriter, { reserved }: Tracking, address: number, offset: number): void {
  out.byte(OP.localGet).u32(address);
  if (offset > SPILL - WIDEST_STORE) constant(out, offset).byte(OP.i32Add);
  constant(out, PAGE_BITS).byte(OP.i32ShrU);
  mark(out, reserved);
}

/** Parameters of `markRange`. */
export const MARK_RANGE_TYPE = [0x60, 2, I32, I32, 0];
const ADDRESS = 0;
const LENGTH = 1;
/** Locals of `markRange`: the first and the last page. */
const FIRST = 0;
const LAST = 1;

/** The size and the body of `markRange`. Most ranges lie in one page or two. */
export function markRangeBody({ reserved }: Tracking): Uint8Array {
  const out = new ByteWriter().byte(0);
  const get = (local: number): ByteWriter => out.byte(OP.localGet).u32(local);
  const set = (local: number): ByteWriter => out.byte(OP.localSet).u32(local);
  get(LENGTH).raw([OP.i32Eqz, OP.if, VOID, OP.return, OP.end]);
  get(ADDRESS);
  get(LENGTH).raw([OP.i32Add, OP.i32Const, 1, OP.i32Sub, OP.i32Const, PAGE_BITS, OP.i32ShrU]);
  get(ADDRESS).raw([OP.i32Const, PAGE_BITS, OP.i32ShrU]);
  set(FIRST);
  set(LAST);
  for (const page of [FIRST, LAST]) {
    get(page);
    mark(out, reserved);
  }
  get(LAST);
  get(FIRST).raw([OP.i32Sub, OP.i32Const, 2, OP.i32LtU, OP.if, VOID, OP.return, OP.end]);
  fillMarks(out, reserved, get);
  const body = out.byte(OP.end).view();
  return new ByteWriter().u32(body.length).raw(body).take();
}

/** Marks from the first to the last page, or the whole map if they wrap around its end. */
function fillMarks(out: ByteWriter, reserved: number, get: (local: number) => ByteWriter): void {
  const fill = () => out.raw([OP.bulk, BULK.memoryFill, 0]);
  get(FIRST);
  constant(out, MASK).byte(OP.i32And);
  get(LAST).byte(OP.i32Add);
  get(FIRST).byte(OP.i32Sub);
  constant(out, MASK).raw([OP.i32GtU, OP.if, VOID]);
  constant(out, mapAt(reserved)).raw([OP.i32Const, 1]);
  constant(out, TRACKED_PAGES);
  fill().byte(OP.else);
  get(FIRST);
  constant(out, MASK).byte(OP.i32And);
  constant(out, mapAt(reserved)).raw([OP.i32Add, OP.i32Const, 1]);
  get(LAST);
  get(FIRST).byte(OP.i32Sub);
  fill().byte(OP.end);
}
