/** Removes parts of a virtine image. The remaining image does not record it; only a call that needs the part fails. */
import { type ImageSymbol, readImage } from '@colony/guest';

const PAGE = 4096;
/** `hlt`: one byte, so that a jump to any address in it faults; guests may not execute it. */
const TRAP = 0xf4;
const LOAD = 1;
const NOTE = 4;
const HEADER = 56;

interface Segment {
  readonly at: number;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

function segmentsOf(image: Uint8Array): Segment[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const long = (at: number) => Number(view.getBigUint64(at, true));
  return Array.from({ length: view.getUint16(56, true) }, (_, i) => {
    const at = long(32) + HEADER * i;
    const sizes = { fileSize: long(at + 32), memorySize: long(at + 40) };
    return { at, type: view.getUint32(at, true), offset: long(at + 8), address: long(at + 16), ...sizes };
  });
}

function offsetOf(image: Uint8Array, address: number): number {
  const home = segmentsOf(image).find(
    (segment) => segment.type === LOAD && address >= segment.address && address < segment.address + segment.fileSize,
  );
  if (home === undefined) throw new Error(`0x${address.toString(16)} is not in the file`);
  return home.offset + address - home.address;
}

/** Functions of the image; functions at one address are one function with several names. */
export function functionsOf(image: Uint8Array): { name: string; address: number; size: number }[] {
  const all = readImage(image).symbols.filter(({ kind }) => kind === 'function');
  const byAddress = new Map<number, ImageSymbol[]>();
  for (const symbol of all) byAddress.set(symbol.address, [...(byAddress.get(symbol.address) ?? []), symbol]);
  return [...byAddress.values()].map((same) => ({
    name: [...new Set(same.map(({ name }) => name))].sort().join(' = '),
    address: same[0]!.address,
    size: Math.max(...same.map(({ size }) => size)),
  }));
}

/** Replaces the function's bytes with traps. */
export function withoutFunction(image: Uint8Array, { address, size }: { address: number; size: number }): Uint8Array {
  if (size === 0) throw new Error('the size of a function is not known');
  const copy = image.slice();
  const at = offsetOf(image, address);
  copy.fill(TRAP, at, at + size);
  return copy;
}

/** Addresses of the pages in the image itself: text, constants, data. */
export function pagesOf(image: Uint8Array): { address: number; access: string }[] {
  return readImage(image).segments.flatMap(({ address, pages, access }) =>
    Array.from({ length: pages }, (_, i) => ({ address: address + i * PAGE, access })),
  );
}

/** Unmaps the page: its segment ends before it, and another one begins after it. */
export function withoutPage(image: Uint8Array, page: number): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const headers = segmentsOf(image).flatMap((segment) => {
    const bytes = image.slice(segment.at, segment.at + HEADER);
    const inside = segment.type === LOAD && page >= segment.address && page < segment.address + segment.memorySize;
    return inside ? around(bytes, segment, page - segment.address) : [bytes];
  });
  const table = Buffer.concat(headers);
  const start = Math.ceil(image.length / 8) * 8;
  const copy = new Uint8Array(start + table.length);
  copy.set(image);
  copy.set(table, start);
  const head = new DataView(copy.buffer);
  head.setBigUint64(32, BigInt(start), true);
  head.setUint16(56, headers.length, true);
  if (view.getUint16(54, true) !== HEADER) throw new Error('program headers have another size');
  return copy;
}

function around(header: Uint8Array, segment: Segment, skip: number): Uint8Array[] {
  const part = (from: number, to: number): Uint8Array[] => {
    if (from >= to) return [];
    const bytes = header.slice();
    const view = new DataView(bytes.buffer);
    const fileSize = Math.max(0, Math.min(segment.fileSize, to) - from);
    view.setBigUint64(8, BigInt(fileSize > 0 ? segment.offset + from : 0), true);
    view.setBigUint64(16, BigInt(segment.address + from), true);
    view.setBigUint64(24, BigInt(segment.address + from), true);
    view.setBigUint64(32, BigInt(fileSize), true);
    view.setBigUint64(40, BigInt(to - from), true);
    return [bytes];
  };
  return [...part(0, skip), ...part(skip + PAGE, segment.memorySize)];
}

/** Changes the number of stack pages, or of initial heap pages, in the image's note. */
export function withNote(image: Uint8Array, change: { stackSize?: number; heapInitial?: number }): Uint8Array {
  const copy = image.slice();
  const view = new DataView(copy.buffer);
  // The note's header, its name `Colony`, abi and flags.
  const at = segmentsOf(copy).find(({ type }) => type === NOTE)!.offset + 12 + 8 + 8;
  if (change.stackSize !== undefined) view.setBigUint64(at, BigInt(change.stackSize), true);
  if (change.heapInitial !== undefined) view.setBigUint64(at + 16, BigInt(change.heapInitial), true);
  const { note } = readImage(copy);
  for (const [name, value] of Object.entries(change))
    if (note[name as keyof typeof change] !== value) throw new Error(`the note's ${name} is not where it was`);
  return copy;
}
