/** Memory of frozen states on the main thread: copies that skip empty pages, and its early release. */
import type { GuestState } from '../guest/guest.js';

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

/** Skips pages of zeros: a new buffer has them, and they take no memory until they are written. */
function copied(memory: Uint8Array, buffer: ArrayBufferLike): Uint8Array {
  const copy = new Uint8Array(buffer);
  for (const page of usedPages(memory)) {
    copy.set(memory.subarray(page * PAGE, (page + 1) * PAGE), page * PAGE);
  }
  return copy;
}

/** A copy in memory that threads share. */
export function sharedState(state: GuestState): GuestState {
  return { ...state, memory: copied(state.memory, new SharedArrayBuffer(state.memory.length)) };
}

/** A copy in memory that only one thread has at a time. */
export function ownState(state: GuestState): GuestState {
  return { ...state, memory: copied(state.memory, new ArrayBuffer(state.memory.length)) };
}

/**
 * Releases the memory of a state made by `ownState` at once: an idle thread collects no garbage, and a busy one does not
 * know how much there is. Does nothing if another thread has the memory.
 */
export function giveBack({ memory }: GuestState): void {
  const { buffer } = memory as { buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer } };
  if (buffer.byteLength === 0) return;
  if (buffer.transfer !== undefined) buffer.transfer(0);
  else structuredClone(buffer, { transfer: [buffer] }); // Node 20: young garbage, whose size V8 does know
}
