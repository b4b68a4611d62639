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
