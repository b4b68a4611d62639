/** Frozen states on the main thread: copies that cost what is in them, and what becomes of files. */
import type { GuestState } from './guest.js';

export const PAGE = 4096;
const ZEROS = Buffer.alloc(PAGE);

/** Numbers of the pages that are not all zeros. */
export function usedPages(memory: Uint8Array): number[] {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const used: number[] = [];
  for (let page = 0; page * PAGE < bytes.length; page++) {
    if (!bytes.subarray(page * PAGE, (page + 1) * PAGE).equals(ZEROS)) used.push(page);
  }
  return used;
}

/** A copy in memory that threads share; zeros take none of it. */
export function sharedCopy(memory: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(memory.length));
  for (const page of usedPages(memory)) {
    copy.set(memory.subarray(page * PAGE, (page + 1) * PAGE), page * PAGE);
  }
  return copy;
}

export function copyState(state: GuestState): GuestState {
  return { ...state, memory: sharedCopy(state.memory) };
}
