/**
 * Rewrites one function: it counts its cost, asks the host before it grows anything, and calls functions by new numbers.
 *
 * Fuel is a global that counts down, by about one for each 64 bytes of executed code. It is charged at a function's entry,
 * at each loop's head, and every 4 KiB of code between (see prices.ts). Bulk instructions pay for the bytes that they
 * move. If fuel falls below zero, `interrupt` checks the clock and returns the next ration.
 */
import { ByteReader, ByteWriter } from './bytes.js';
import { BULK, OP, refuse, skipImmediates, skipSimd } from './instructions.js';
import { LONGEST_STRETCH, Prices, SMALLEST, units } from './prices.js';
import { Stores } from './stores.js';
import { signed, type Tracking } from './tracking.js';

/** Numbers that a module's functions are rewritten with. */
export interface Numbering {
  /** The module's own functions have moved up by `moved`, from `importedFunctions` on. */
  readonly importedFunctions: number;
  readonly moved: number;
  readonly interrupt: number;
  readonly grow: number;
  readonly growTable: number;
  /** The global that holds the rest of the present ration. */
  readonly fuel: number;
  /** The global that records whether a segment was dropped; both kinds of segments have their own. */
  dropped(kind: 'data' | 'elem', segment: number): number;
  /** Reports a function that a table may hold later. */
  mention(index: number): void;
  /** Reports an instruction that writes to a table. */
  writesTables(): void;
  /** The map in which stores mark the pages that they write. */
  readonly tracking?: Tracking | undefined;
}

const VOID = 0x40;
const I32 = 0x7f;
const V128 = 0x7b;
/** Bytes, or table entries, for which a bulk instruction pays one unit. */
const SHIFT_BYTES = 10;
const SHIFT_ENTRIES = 3;
const TWO_OPERANDS: ReadonlySet<number> = new Set([BULK.memoryInit, BULK.memoryCopy, BULK.tableInit, BULK.tableCopy]);

export function renumbered(index: number, { importedFunctions, moved }: Numbering): number {
  return index < importedFunctions ? index : index + moved;
}

export class BodyRewriter {
  readonly #numbering: Numbering;
  readonly #out = new ByteWriter(4096);
  #reader!: ByteReader;
  #prices!: Prices;
  /** End of the input that has been copied. */
  #copied = 0;
  #calls = false;
  #loops = false;
  /** The first added local: there are two, and those of the stores. */
  #scratch = 0;
  readonly #stores: Stores | undefined;

  constructor(numbering: Numbering) {
    this.#numbering = numbering;
    if (numbering.tracking !== undefined) this.#stores = new Stores(numbering.tracking);
  }

  /** Writes the function's size and the function. The reader holds the body. */
  rewrite(reader: ByteReader, parameters: number, target: ByteWriter): void {
    const locals = this.#locals(reader, parameters);
    this.#begin(reader);
    while (!reader.done) this.#instruction(reader.at);
    this.#flush(reader.at);
    const size = this.#prices.size(reader.at);
    const entry = this.#calls || this.#loops || size > SMALLEST ? this.#entry(units(size)) : [];
    target
      .u32(locals.length + entry.length + this.#out.length)
      .raw(locals)
      .raw(entry)
      .raw(this.#out.view());
  }

  #begin(reader: ByteReader): void {
    this.#reader = reader;
    this.#out.length = 0;
    this.#prices = new Prices(reader.at);
    this.#copied = reader.at;
    this.#calls = false;
    this.#loops = false;
  }

  /** Writes the declarations of locals, with the added ones. */
  #locals(reader: ByteReader, parameters: number): Uint8Array {
    const groups = reader.u32();
    const from = reader.at;
    let count = parameters;
    for (let i = 0; i < groups; i++) {
      count += reader.u32();
      reader.byte();
    }
    this.#scratch = count;
    const more = this.#stores?.declare(count + 2) ?? [];
    return new ByteWriter()
      .u32(groups + 1 + more.length)
      .raw(reader.bytes(from, reader.at))
      .raw([2, I32, ...more.flat()])
      .take();
  }

  #flush(to: number): void {
    this.#out.raw(this.#reader.bytes(this.#copied, to));
    this.#copied = to;
  }

  #instruction(at: number): void {
    const reader = this.#reader;
    const opcode = reader.byte();
    if (opcode === OP.bulk) this.#bulk(at, reader.u32());
    else if (opcode === OP.simd) this.#vector(at, skipSimd(reader));
    else if (opcode === OP.call || opcode === OP.refFunc) this.#function(at, opcode, reader.u32());
    else if (opcode >= OP.br && opcode <= OP.brTable) this.#branch(opcode);
    else {
      skipImmediates(reader, opcode);
      if (this.#stores?.isStore(opcode)) this.#store(at, at + 1, this.#stores.typeOf(opcode));
      else this.#plain(at, opcode);
    }
    if (!reader.done && this.#prices.due(reader.at)) this.#payForStretch(reader.at);
  }

  #branch(opcode: number): void {
    const reader = this.#reader;
    for (let left = opcode === OP.brTable ? reader.u32() + 1 : 1; left > 0; left--) {
      const label = reader.u32();
      this.#prices.branch(reader.at, label);
    }
    if (opcode !== OP.brIf) this.#prices.leave();
  }

  /** Rewrites one instruction, which has been read to its end. */
  #plain(at: number, opcode: number): void {
    switch (opcode) {
      case OP.loop:
        this.#loop(at);
        break;
      case OP.block:
      case OP.if:
        this.#prices.open(opcode, this.#reader.at);
        break;
      case OP.else:
        this.#prices.else(at);
        break;
      case OP.end:
        this.#end(at);
        break;
      case OP.return:
      case OP.unreachable:
        this.#prices.leave();
        break;
      case OP.callIndirect:
        this.#call();
        break;
      case OP.tableSet:
        this.#prices.slow();
        this.#numbering.writesTables();
        break;
      case OP.memoryGrow:
        this.#prices.slow();
        this.#replace(at, (out) => out.byte(OP.call).u32(this.#numbering.grow));
    }
  }

  #vector(at: number, opcode: number): void {
    if (!this.#stores?.isVectorStore(opcode)) return;
    // After the prefix and an opcode of less than 128.
    this.#store(at, at + 2, V128);
  }

  /** Rewrites a store whose memory argument is at `argument`. It takes twice as many bytes; the guest sees no difference. */
  #store(at: number, argument: number, type: number): void {
    const reader = this.#reader;
    const instruction = reader.bytes(at, reader.at);
    const memory = new ByteReader(reader.bytes(argument, reader.at));
    memory.u32();
    const offset = memory.u32();
    this.#replace(at, (out) => this.#stores!.store(out, type, offset, instruction));
  }

  /** Replaces the instruction that starts at `at`. */
  #replace(at: number, write: (out: ByteWriter) => void): void {
    this.#flush(at);
    write(this.#out);
    this.#copied = this.#reader.at;
  }

  #loop(at: number): void {
    this.#loops = true;
    // Before the loop rather than within it.
    if (this.#prices.due(at, LONGEST_STRETCH / 2)) this.#payForStretch(at);
    this.#flush(this.#reader.at);
    const price = this.#pay((out) => out.raw([OP.i32Const, 0x80, 0]), 2);
    this.#prices.open(OP.loop, this.#reader.at, price);
  }

  /** Pays for a call: the callee may be too small to pay for itself. */
  #call(): void {
    this.#calls = true;
    this.#prices.slow();
  }

  #end(at: number): void {
    const loop = this.#prices.end(at);
    if (loop === undefined) return;
    const bytes = this.#out.view();
    bytes[loop.at] = (loop.price & 0x7f) | 0x80;
    bytes[loop.at + 1] = loop.price >> 7;
  }

  #function(at: number, opcode: number, index: number): void {
    if (opcode === OP.call) this.#call();
    else this.#numbering.mention(index);
    this.#replace(at, (out) => out.byte(opcode).u32(renumbered(index, this.#numbering)));
  }

  #payForStretch(at: number): void {
    this.#flush(at);
    this.#pay((out) => out.byte(OP.i32Const).raw(signed(units(LONGEST_STRETCH))), 0);
  }

  #entry(price: number): Uint8Array {
    const { fuel, interrupt } = this.#numbering;
    const out = new ByteWriter(32);
    pay(out, fuel, interrupt, () => out.byte(OP.i32Const).raw(signed(price)));
    return out.take();
  }

  /** Pays the number that `amount` pushes. @returns the end of that code, less `back` bytes */
  #pay(amount: (out: ByteWriter) => void, back: number): number {
    const out = this.#out;
    const { fuel, interrupt } = this.#numbering;
    let ends = 0;
    pay(out, fuel, interrupt, () => {
      amount(out);
      ends = out.length;
    });
    return ends - back;
  }

  /** Pays in proportion to the number on top of the stack, which stays. */
  #payForTop(shift: number): void {
    this.#out.byte(OP.localSet).u32(this.#scratch);
    this.#pay((out) => out.byte(OP.localGet).u32(this.#scratch).byte(OP.i32Const).byte(shift).byte(OP.i32ShrU), 0);
    this.#out.byte(OP.localGet).u32(this.#scratch);
  }

  #bulk(at: number, opcode: number): void {
    const reader = this.#reader;
    if (opcode > BULK.tableFill) refuse(`the unknown instruction 0xfc ${opcode}`);
    if (opcode < BULK.memoryInit) return;
    const first = reader.u32();
    if (TWO_OPERANDS.has(opcode)) reader.u32();
    if (opcode === BULK.dataDrop || opcode === BULK.elemDrop) this.#drop(at, opcode, first);
    else if (opcode !== BULK.tableSize) this.#move(at, opcode, first);
  }

  /** Rewrites an instruction that takes longer, the larger the number on top of the stack is. */
  #move(at: number, opcode: number, first: number): void {
    const onTables = opcode >= BULK.tableInit;
    if (onTables) {
      this.#prices.slow();
      this.#numbering.writesTables();
    }
    this.#flush(at);
    this.#payForTop(onTables ? SHIFT_ENTRIES : SHIFT_BYTES);
    if (opcode === BULK.memoryInit) this.#refuseDropped('data', first);
    if (opcode === BULK.tableInit) this.#refuseDropped('elem', first);
    if (opcode === BULK.tableGrow) this.#askForEntries(first);
    if (onTables || this.#stores === undefined) return;
    const instruction = this.#reader.bytes(at, this.#reader.at);
    this.#stores.bulk(this.#out, instruction);
    this.#copied = this.#reader.at;
  }

  /** Replaces a drop, which could not be undone, by a global that records it. */
  #drop(at: number, opcode: number, segment: number): void {
    const global = this.#numbering.dropped(opcode === BULK.dataDrop ? 'data' : 'elem', segment);
    this.#replace(at, (out) => out.raw([OP.i32Const, 1, OP.globalSet]).u32(global));
  }

  /**
   * Makes copies from a dropped segment trap as they should: (destination, source, n) becomes (destination, source, -1)
   * if source or n is not zero.
   */
  #refuseDropped(kind: 'data' | 'elem', segment: number): void {
    const n = this.#scratch;
    const source = n + 1;
    const out = this.#out;
    out.byte(OP.localSet).u32(n).byte(OP.localSet).u32(source);
    out.byte(OP.localGet).u32(source).byte(OP.localGet).u32(n).raw([OP.i32Const, 0]);
    out.byte(OP.localGet).u32(source).byte(OP.localGet).u32(n).raw([OP.i32Or, OP.i32Const, 0, OP.i32Ne]);
    out.byte(OP.globalGet).u32(this.#numbering.dropped(kind, segment));
    out.raw([OP.i32And, OP.i32Sub, OP.i32Or]);
  }

  /** Replaces (reference, n) by (reference, n or -1): no table can grow by so much. */
  #askForEntries(table: number): void {
    const n = this.#scratch;
    const out = this.#out.byte(OP.localSet).u32(n).byte(OP.i32Const).raw(signed(table));
    out.byte(OP.localGet).u32(n).byte(OP.call).u32(this.#numbering.growTable);
  }
}

/** `fuel -= amount; if (fuel < 0) fuel = interrupt();` */
function pay(out: ByteWriter, fuel: number, interrupt: number, amount: () => void): void {
  out.byte(OP.globalGet).u32(fuel);
  amount();
  out.byte(OP.i32Sub).byte(OP.globalSet).u32(fuel);
  out.byte(OP.globalGet).u32(fuel).raw([OP.i32Const, 0, OP.i32LtS, OP.if, VOID]);
  out.byte(OP.call).u32(interrupt).byte(OP.globalSet).u32(fuel).byte(OP.end);
}
