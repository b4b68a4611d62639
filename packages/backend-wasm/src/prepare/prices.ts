/**
 * The price of code. Each path through a function pays, by its entries, loops and stretches, for at least the bytes that
 * it runs, however it jumps. The code is read once, front to back, so a payment is placed wherever a path may have run
 * LONGEST_STRETCH bytes since its last one:
 *
 * - At the end of a block, where paths meet, the path that paid least counts. A payment that a branch skips does not count.
 *
 * - A loop pays at its head for an iteration. Unpaid bytes before it stay due after it.
 */
import { OP } from './instructions.js';

/** Bytes of code for which one unit of fuel is paid. */
const BYTES_PER_UNIT = 64;
/** The longest stretch of code without a payment in it, and the most that an entry or a loop pays for. */
export const LONGEST_STRETCH = 4096;
/** A smaller function without calls and loops pays nothing: its callers do. */
export const SMALLEST = 64;
/** Unreachable code. */
const NOWHERE = Number.NEGATIVE_INFINITY;

export const units = (bytes: number): number => 1 + Math.floor(Math.min(bytes, LONGEST_STRETCH) / BYTES_PER_UNIT);

interface Block {
  /** Position of a loop's price, which is written when the loop's end is known; -1 for other blocks. */
  readonly price: number;
  readonly from: number;
  /** Bytes due at the end of an `if` without `else`, or at the beginning of the `else`. */
  skipped: number;
  /** The most bytes due on any branch to its end. */
  due: number;
}

/** The prices of one function's code, as it is read: in bytes, where slow instructions count for more than theirs. */
export class Prices {
  #blocks: Block[] = [];
  /** Bytes that slow instructions count beyond their own. */
  #extra = 0;
  /** End of the bytes that are paid for on the path that paid least. */
  #paid: number;
  readonly #start: number;

  /** @param at position of the code in its module */
  constructor(at: number) {
    this.#start = at;
    this.#paid = at;
  }

  /** Bytes that the whole function counts for, read to its end. */
  size(at: number): number {
    return at + this.#extra - this.#start;
  }

  /** Counts a call, or an instruction that takes as long. */
  slow(): void {
    this.#extra += SMALLEST;
  }

  /** Returns whether more than so many bytes may be due. If so, they count as paid. */
  due(at: number, most = LONGEST_STRETCH): boolean {
    if (this.#due(at) <= most) return false;
    this.#paid = at + this.#extra;
    return true;
  }

  /** @param price position of a loop's price */
  open(opcode: number, at: number, price = -1): void {
    const skipped = opcode === OP.if ? this.#due(at) : NOWHERE;
    this.#blocks.push({ price, from: at + this.#extra, skipped, due: NOWHERE });
  }

  else(at: number): void {
    const block = this.#blocks.at(-1);
    if (block === undefined) return;
    block.due = Math.max(block.due, this.#due(at));
    this.#meet(at, block.skipped);
    block.skipped = NOWHERE;
  }

  /** Counts a branch to the block `label` blocks further out. */
  branch(at: number, label: number): void {
    const block = this.#blocks.at(-1 - label);
    // A branch to a loop's head, which pays there.
    if (block !== undefined && block.price < 0) block.due = Math.max(block.due, this.#due(at));
  }

  /** Marks the following code as unreachable. */
  leave(): void {
    this.#paid = Number.POSITIVE_INFINITY;
  }

  /** @returns a loop's price and its position */
  end(at: number): { at: number; price: number } | undefined {
    const block = this.#blocks.pop();
    if (block === undefined) return undefined;
    this.#meet(at, Math.max(block.due, block.skipped, this.#due(at)));
    return block.price < 0 ? undefined : { at: block.price, price: units(at + this.#extra - block.from) };
  }

  #due(at: number): number {
    return at + this.#extra - this.#paid;
  }

  #meet(at: number, due: number): void {
    this.#paid = at + this.#extra - due;
  }
}
