/** Number of times that the whole file may be read as names and notes. Files that linkers make need less than one. */
const MOST_READS = 4;

/**
 * Reads numbers and strings from bytes that may be hostile. No read goes outside, at any offset, and repeated reads are
 * counted.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #refuse: (what: string) => never;
  /** Bytes of lists and names that may still be read. They may overlap in a file, but only so often. */
  #left: number;

  /** `refuse` throws the caller's own error. */
  constructor(bytes: Uint8Array, refuse: (what: string) => never) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#refuse = refuse;
    this.#left = MOST_READS * bytes.length;
  }

  /** Subtracts bytes that are about to be read from the allowance of the file. */
  spend(size: number, what: string): void {
    this.#left -= size;
    if (this.#left < 0) this.#refuse(`${what} are as if the file were ${MOST_READS} times as large`);
  }

  need(offset: number, size: number, what: string): void {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.#bytes.length))
      this.#refuse(`${what} lies outside the file`);
  }

  u8(at: number): number {
    this.need(at, 1, 'a byte');
    return this.#bytes[at]!;
  }

  u16(at: number): number {
    this.need(at, 2, 'a number');
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4, 'a number');
    return this.#view.getUint32(at, true);
  }

  /** Reads a 64-bit number that must be exact as a JavaScript number, as all addresses and sizes of an image are. */
  address(at: number): number {
    this.need(at, 8, 'a number');
    const value = this.#view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#refuse(`0x${value.toString(16)} is not an address or a size`);
    return Number(value);
  }

  /** Reads a signed 64-bit number that must be exact as a JavaScript number. */
  offset(at: number): number {
    this.need(at, 8, 'a number');
    const value = Number(this.#view.getBigInt64(at, true));
    if (!Number.isSafeInteger(value)) this.#refuse(`${value} is not an offset`);
    return value;
  }

  /** Reads bytes as text, without a NUL at the end. Bytes that are not UTF-8 become U+FFFD. */
  text(at: number, size: number): string {
    this.need(at, size, 'a name');
    const end = size > 0 && this.#bytes[at + size - 1] === 0 ? at + size - 1 : at + size;
    return new TextDecoder().decode(this.#bytes.subarray(at, end));
  }

  /** Reads a NUL-terminated string inside a table. */
  string(table: number, tableSize: number, offset: number): string {
    this.need(table, tableSize, 'a table of names');
    if (offset >= tableSize) return '';
    const bytes = this.#bytes.subarray(table + offset, table + tableSize);
    const end = bytes.indexOf(0);
    if (end === -1 && bytes.length > 4096) this.#refuse('a name has no end');
    this.spend(end === -1 ? bytes.length : end, 'its names');
    return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
  }

  /** Reads the string at `at`, which must end with a NUL before `end`. `next` is the offset after the NUL. */
  terminated(at: number, end: number): { readonly text: string; readonly next: number } {
    this.need(at, end - at, 'a name');
    const size = this.#bytes.subarray(at, end).indexOf(0);
    if (size === -1) this.#refuse('a name has no end');
    this.spend(size, 'its names');
    return { text: this.text(at, size), next: at + size + 1 };
  }
}
