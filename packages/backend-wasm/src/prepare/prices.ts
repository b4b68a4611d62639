/**
 * What code costs: each path through a function pays, by its entries, loops and stretches, for at least the bytes that
 * it runs, however it jumps. Only what was read so far is looked at, so a payment is set where a path may have run
 * LONGEST_STRETCH bytes since its last one:
 *
 * - Where paths meet, at the end of a block, the one that paid least counts: a payment that a branch skips is none.
 * - Loops pay at their head for an iteration; what the code before them has not paid for stays due behind them.
 */
import { OP } from './instructions.js';

/** Bytes of code for which one unit of fuel is paid. */
const BYTES_PER_UNIT = 64;
/** The longest stretch of code that is not paid for on its way; also what entries and loops pay for at most. */
export const LONGEST_STRETCH = 4096;
/** A function without calls and loops that is smaller pays nothing: whoever calls it does. */
export const SMALLEST = 64;
/** Nobody comes here. */
const NOWHERE = Number.NEGATIVE_INFINITY;

export const units = (bytes: number): number => 1 + Math.floor(Math.min(bytes, LONGEST_STRETCH) / BYTES_PER_UNIT);

interface Block {
  /** Where a loop's price is written when its end is known; -1 for other blocks. */
  readonly price: number;
  readonly from: number;
  /** Due where an `if` has no `else`, or where its `else` begins. */
  skipped: number;
  /** The most that is due on the branches to its end. */
  due: number;
}

/** One function's code, as it is read. Bytes of code, where what is slower than its bytes counts for more. */
export class Prices {
  #blocks: Block[] = [];
  /** Bytes that slow instructions count for beyond their own. */
  #extra = 0;
  /** Up to where all is paid for, on the path that paid least. */
  #paid: number;
  readonly #start: number;

  /** @param at where the code begins in its module */
  constructor(at: number) {
    this.#start = at;
    this.#paid = at;
  }

  /** Of the whole function, which has been read up to there. */
  size(at: number): number {
    return at + this.#extra - this.#start;
  }

  /** A call, or what takes as long. */
  slow(): void {
    this.#extra += SMALLEST;
  }

  /** May more than so many bytes have to be paid for by now? They count as paid, then. */
  due(at: number, most = LONGEST_STRETCH): boolean {
    if (this.#due(at) <= most) return false;
    this.#paid = at + this.#extra;
    return true;
  }

  /** @param price where a loop's is written */
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

  /** A branch to the block that is so many blocks out. */
  branch(at: number, label: number): void {
    const block = this.#blocks.at(-1 - label);
    // Back to a loop's head, which is paid for there.
    if (block !== undefined && block.price < 0) block.due = Math.max(block.due, this.#due(at));
  }

  /** Nothing goes on from here. */
  leave(): void {
    this.#paid = Number.POSITIVE_INFINITY;
  }

  /** @returns a loop's price, and where it is written */
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
