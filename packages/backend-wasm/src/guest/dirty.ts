/** The host's side of dirty tracking (see prepare/tracking.ts): reading the marks, and marking what the host writes. */
import { mapAt, RESERVED_PAGES, SPILL, TRACKED_PAGE, TRACKED_PAGES } from '../prepare/tracking.js';

const PAGE_BITS = Math.log2(TRACKED_PAGE);
const WASM_PAGE = 65536;
const MASK = TRACKED_PAGES - 1;
const RESERVED_MARKS = (RESERVED_PAGES * WASM_PAGE) / TRACKED_PAGE;
/** Share of the pages above which copying the whole memory costs less. */
const FEW = 0.5;

export class DirtyMap {
  readonly #reserved: number;
  readonly #map: number;
  #memory: Uint8Array = new Uint8Array(0);
  #marks: Uint32Array = new Uint32Array(0);

  /** @param reserved address of the reserved page */
  constructor(reserved: number) {
    this.#reserved = reserved;
    this.#map = mapAt(reserved);
  }

  /** Marks what the host wrote to the guest's memory. The guest may have chosen the address, so marks come last, as after a store. */
  mark(memory: Uint8Array, address: number, length: number): void {
    const end = Math.min(address + length, memory.length);
    if (end <= address) return;
    const last = (end - 1) >>> PAGE_BITS;
    for (let page = address >>> PAGE_BITS; page <= last; page++) memory[this.#map + (page & MASK)] = 1;
  }

  /** Clears all marks. */
  clear(memory: Uint8Array): void {
    memory.fill(0, this.#map, this.#map + TRACKED_PAGES);
  }

  /**
   * Puts back what was written since `clear` (where `content` is what the memory held then), and clears the marks.
   * @returns false if that is too much, or the guest may have forged the marks; then nothing has changed
   */
  restore(memory: Uint8Array, content: Uint8Array): boolean {
    const pages = this.#written(memory);
    if (pages === undefined || pages.length > FEW * (memory.length / TRACKED_PAGE)) return false;
    for (let i = 0; i < pages.length; ) {
      const from = pages[i]!;
      let to = from + 1;
      while (++i < pages.length && pages[i] === to) to++;
      const start = from * TRACKED_PAGE;
      memory.set(content.subarray(start, to * TRACKED_PAGE + SPILL), start);
    }
    // No reserved page is marked, so there are no other marks.
    this.#marksOf(memory).fill(0);
    return true;
  }

  /** Number of pages written since `clear`; all pages if the guest may have forged the marks. */
  count(memory: Uint8Array): number {
    return this.#written(memory)?.length ?? memory.length / TRACKED_PAGE;
  }

  /** Numbers of the pages that were written, ascending; undefined if the guest wrote to the marks. */
  #written(memory: Uint8Array): number[] | undefined {
    const first = (this.#reserved >>> PAGE_BITS) & MASK;
    for (let i = 0; i < RESERVED_MARKS; i++) if (memory[this.#map + ((first + i) & MASK)] !== 0) return undefined;
    const pages = memory.length / TRACKED_PAGE;
    const marks = this.#marksOf(memory);
    const written: number[] = [];
    for (let i = 0; i < marks.length; i++) {
      if (marks[i] === 0) continue;
      for (let page = 4 * i; page < 4 * i + 4; page++) {
        if (memory[this.#map + page] !== 0) for (let at = page; at < pages; at += TRACKED_PAGES) written.push(at);
      }
    }
    return pages > TRACKED_PAGES ? written.sort((a, b) => a - b) : written;
  }

  /** Marks of pages that exist, four in a word. */
  #marksOf(memory: Uint8Array): Uint32Array {
    if (this.#memory !== memory) {
      this.#memory = memory;
      const pages = Math.min(memory.length / TRACKED_PAGE, TRACKED_PAGES);
      this.#marks = new Uint32Array(memory.buffer, this.#map, pages / 4);
    }
    return this.#marks;
  }
}
