/** Reading and writing WebAssembly's binary format. */
import { ColonyError } from '@colony/core';

export function malformed(what: string): ColonyError {
  return new ColonyError('ERR_COMPILE', `the Wasm module does not compile: ${what}`);
}

/** Reads an unsigned LEB128. Returns undefined if it does not fit into 32 bits. */
export function readU32(bytes: { byte(): number }): number | undefined {
  const first = bytes.byte();
  if (first < 0x80) return first;
  let value = first & 0x7f;
  for (let shift = 7; shift < 35; shift += 7) {
    const byte = bytes.byte();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value <= 0xffffffff ? value : undefined;
  }
  return undefined;
}

/** Reads untrusted bytes: every read is checked against the end. */
export class ByteReader {
  at: number;
  readonly start: number;
  readonly end: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.start = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw malformed('it is cut short');
    return this.#bytes[this.at++]!;
  }

  skip(length: number): void {
    if (length > this.end - this.at) throw malformed('it is cut short');
    this.at += length;
  }

  /** Unsigned LEB128 of 32 bits. */
  u32(): number {
    const value = readU32(this);
    if (value === undefined) throw malformed('a number is too long');
    return value;
  }

  /** Skips a LEB128 of at most `most` bytes. */
  skipLeb(most: number): void {
    for (let i = 0; i < most; i++) if (this.byte() < 0x80) return;
    throw malformed('a number is too long');
  }

  /** A reader of the next `length` bytes, which this one skips. */
  part(length: number): ByteReader {
    const from = this.at;
    this.skip(length);
    return new ByteReader(this.#bytes, from, this.at);
  }

  bytes(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  name(): string {
    const length = this.u32();
    const from = this.at;
    this.skip(length);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from, length).toString('utf8');
  }
}

export class ByteWriter {
  #bytes: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + more));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.length++] = value;
    return this;
  }

  raw(bytes: Uint8Array | readonly number[]): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  u32(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  name(text: string): this {
    const bytes = Buffer.from(text);
    return this.u32(bytes.length).raw(bytes);
  }

  /** The bytes written so far; later writes do not change them. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
