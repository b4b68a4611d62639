/** Rewrites instructions that write to memory, if written pages are marked: see tracking.ts. */
import type { ByteWriter } from './bytes.js';
import { OP } from './instructions.js';
import { markStore, type Tracking } from './tracking.js';

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;
/** Types of the values of i32.store to i64.store32. */
const VALUES = [I32, I64, F32, F64, I32, I32, I64, I64, I64];
/** Groups of the added locals, and the position of each local in them. */
const LOCALS: readonly (readonly [number, number])[] = [
  [3, I32],
  [1, I64],
  [1, F32],
  [1, F64],
  [1, V128],
];
const ADDRESS = 0;
const LENGTH = 2;
const VALUE: Readonly<Record<number, number>> = { [I32]: 1, [I64]: 3, [F32]: 4, [F64]: 5, [V128]: 6 };
/** Opcodes after the prefix OP.simd. */
const V128_STORE = 11;
const FIRST_STORE_LANE = 88;
const LAST_STORE_LANE = 91;

export class Stores {
  readonly #tracking: Tracking;
  #first = 0;

  constructor(tracking: Tracking) {
    this.#tracking = tracking;
  }

  /** @param first number of the first added local of a function */
  declare(first: number): readonly (readonly [number, number])[] {
    this.#first = first;
    return LOCALS;
  }

  isStore(opcode: number): boolean {
    return opcode >= OP.i32Store && opcode <= OP.i64Store32;
  }

  /** Type of the value that it stores. */
  typeOf(opcode: number): number {
    return VALUES[opcode - OP.i32Store]!;
  }

  isVectorStore(opcode: number): boolean {
    return opcode === V128_STORE || (opcode >= FIRST_STORE_LANE && opcode <= LAST_STORE_LANE);
  }

  /** Rewrites a store of (address, value): the mark comes last, and only if the store did not trap. */
  store(out: ByteWriter, type: number, offset: number, instruction: Uint8Array): void {
    const address = this.#first + ADDRESS;
    const value = this.#first + VALUE[type]!;
    out.byte(OP.localSet).u32(value).byte(OP.localTee).u32(address).byte(OP.localGet).u32(value).raw(instruction);
    markStore(out, this.#tracking, address, offset);
  }

  /** Rewrites a bulk instruction of (address, source or value, length). */
  bulk(out: ByteWriter, instruction: Uint8Array): void {
    const address = this.#first + ADDRESS;
    const value = this.#first + VALUE[I32]!;
    const length = this.#first + LENGTH;
    out.byte(OP.localSet).u32(length).byte(OP.localSet).u32(value).byte(OP.localTee).u32(address);
    out.byte(OP.localGet).u32(value).byte(OP.localGet).u32(length).raw(instruction);
    out.byte(OP.localGet).u32(address).byte(OP.localGet).u32(length);
    out.byte(OP.call).u32(this.#tracking.markRange);
  }
}
