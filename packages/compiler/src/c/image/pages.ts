/** Pages that a virtine owns, as the kvm backend lays them out (backend-kvm/native/memory/layout.cc). */
import { readImage } from '@colony/guest';
import type { ImageSizes, OwnedPages } from '../../report/index.js';

const PAGE = 4096;
const LARGE = 2 * 1024 ** 2;
const GIGABYTE = 1024 ** 3;
const STACK_GUARD = 64 * 1024;

export function sizesOf(image: Uint8Array): ImageSizes {
  const pages = ownedPages(image);
  const imageBytes = readImage(image).segments.reduce((sum, { memorySize }) => sum + memorySize, 0);
  return { imageBytes, pages, owned: pages.total * PAGE };
}

function ownedPages(bytes: Uint8Array): OwnedPages {
  const { segments, note } = readImage(bytes);
  const regions = segments.map(({ address, pages }) => ({ from: address, to: address + pages * PAGE }));
  const stack = regions[regions.length - 1]!.to + STACK_GUARD;
  regions.push({ from: stack, to: stack + note.stackSize });
  const system = stack + note.stackSize + PAGE;
  regions.push({ from: system, to: system + PAGE });
  const heap = Math.ceil((system + 2 * PAGE) / LARGE) * LARGE;
  const leaves = new Set(regions.flatMap(({ from, to }) => every(from, to, LARGE)));
  const gigabytes = new Set([...leaves].map((leaf) => Math.floor((leaf * LARGE) / GIGABYTE)));
  for (const gigabyte of every(heap, heap + GIGABYTE, GIGABYTE)) gigabytes.add(gigabyte);
  const tables = 2 + gigabytes.size + leaves.size;
  const own = {
    image: segments.reduce((sum, { pages }) => sum + pages, 0),
    stack: note.stackSize / PAGE,
    heap: note.heapInitial / PAGE,
  };
  return { ...own, tables, system: 1, total: own.image + own.stack + own.heap + tables + 1 };
}

/** Indexes of the units of `size` bytes that [from, to) touches. */
function every(from: number, to: number, size: number): number[] {
  const first = Math.floor(from / size);
  return Array.from({ length: Math.floor((to - 1) / size) - first + 1 }, (_, i) => first + i);
}

const NOTE_STACK = 12 + 8 + 8; // sizes of name and descriptor, type, the name, abi and flags

/** Returns the image with another stack size in its note. */
export function withStack(image: Uint8Array, stackSize: number): Uint8Array {
  const copy = image.slice();
  const note = readImage(copy).sections.find(({ name }) => name === '.note.colony')!;
  const segment = segmentAt(copy, note.address);
  new DataView(copy.buffer).setBigUint64(segment + NOTE_STACK, BigInt(stackSize), true);
  if (readImage(copy).note.stackSize !== stackSize) throw new Error('the note is not where it was');
  return copy;
}

/** Returns the file offset of a loaded address. */
function segmentAt(image: Uint8Array, address: number): number {
  const view = new DataView(image.buffer, image.byteOffset);
  const start = Number(view.getBigUint64(32, true));
  for (let at = start; at < start + 56 * view.getUint16(56, true); at += 56) {
    const from = Number(view.getBigUint64(at + 16, true));
    const size = Number(view.getBigUint64(at + 32, true));
    if (view.getUint32(at, true) === 1 && address >= from && address < from + size)
      return Number(view.getBigUint64(at + 8, true)) + address - from;
  }
  throw new Error('the note is not loaded');
}
