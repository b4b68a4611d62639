/** Bytes of a component, read once from front to back. Lengths are compared with what is left before they are used. */
import { ColonyError } from '@colony/core';
import { readU32 } from '../../prepare/bytes.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  #at: number;
  readonly #end: number;

  constructor(
    readonly bytes: Uint8Array,
    at = 0,
    end = bytes.length,
  ) {
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  fail(what: string): never {
    throw new ColonyError('ERR_COMPILE', `the component is not well-formed: ${what} (at byte ${this.#at})`);
  }

  byte(): number {
    const byte = this.peek();
    this.#at += 1;
    return byte;
  }

  /** The next byte, which stays unread. */
  peek(): number {
    if (this.#at >= this.#end) this.fail('it ends too early');
    return this.bytes[this.#at]!;
  }

  /** A LEB128 number of at most 32 bits. */
  u32(): number {
    return readU32(this) ?? this.fail('a number is too long');
  }

  text(): string {
    const part = this.part(this.u32());
    try {
      return utf8.decode(part.bytes.subarray(part.#at, part.#end));
    } catch {
      return this.fail('a name is not UTF-8');
    }
  }

  /** The next `length` bytes, to be read on their own. */
  part(length: number): Reader {
    if (length > this.#end - this.#at) this.fail('a part is longer than the rest');
    const part = new Reader(this.bytes, this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  list<T>(item: () => T): T[] {
    const count = this.u32();
    // No item is shorter than a byte.
    if (count > this.#end - this.#at) this.fail('a list is longer than the rest');
    return Array.from({ length: count }, item);
  }

  optional<T>(item: () => T): T | undefined {
    const present = this.byte();
    if (present > 1) this.fail('something is neither there nor not');
    return present === 1 ? item() : undefined;
  }

  /** A copy of all bytes that are left. */
  rest(): Uint8Array {
    return this.bytes.slice(this.#at, this.#end);
  }
}
