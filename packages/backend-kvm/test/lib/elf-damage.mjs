// Ways to damage a virtine image: named ones, and generated ones from numbers. Plain JavaScript, for child processes too.

const PHDR = 56;
const SHDR = 64;

/** @param {Uint8Array} bytes */
export function editor(bytes) {
  const copy = Buffer.from(bytes);
  const at = {
    phoff: Number(copy.readBigUInt64LE(32)),
    shoff: Number(copy.readBigUInt64LE(40)),
    phnum: copy.readUInt16LE(56),
    shnum: copy.readUInt16LE(60),
  };
  const headers = Array.from({ length: at.phnum }, (_, i) => at.phoff + i * PHDR);
  const loads = headers.filter((offset) => copy.readUInt32LE(offset) === 1);
  const note = headers.find((offset) => copy.readUInt32LE(offset) === 4) ?? 0;
  const notes = Number(copy.readBigUInt64LE(note + 8));
  // name: "Colony\0" padded to 8, after three words
  return { copy, ...at, headers, loads, descriptor: notes + 12 + 8 };
}

/** @typedef {ReturnType<typeof editor>} Editor */

/** @param {number} field @param {bigint} value @param {number} [which] */
const load =
  (field, value, which = 0) =>
  (/** @type {Editor} */ e) =>
    void e.copy.writeBigUInt64LE(value, e.loads[which] + field);
/** @param {number} field @param {bigint} value */
const note = (field, value) => (/** @type {Editor} */ e) => void e.copy.writeBigUInt64LE(value, e.descriptor + field);
/** @param {number} offset @param {number} value */
const u8 = (offset, value) => (/** @type {Editor} */ e) => void e.copy.writeUInt8(value, offset);
/** @param {number} offset @param {number} value */
const u16 = (offset, value) => (/** @type {Editor} */ e) => void e.copy.writeUInt16LE(value, offset);
/** @param {bigint} value */
const entry = (value) => (/** @type {Editor} */ e) => void e.copy.writeBigUInt64LE(value, 24);

const [OFFSET, VADDR, FILESZ, MEMSZ] = [8, 16, 32, 40];
const MOST = 2n ** 64n - 1n;

/** Each must be refused, or end the boot or the call with a code. @type {Record<string, (e: Editor) => void | Buffer>} */
// biome-ignore format: a table
export const damages = {
  'an empty file': () => Buffer.alloc(0),
  'only the magic': (e) => e.copy.subarray(0, 4),
  'half a header': (e) => e.copy.subarray(0, 40),
  'cut before the segments': (e) => e.copy.subarray(0, 0x1000),
  'a 32-bit file': u8(4, 1),
  'big-endian': u8(5, 2),
  'for another machine': u16(18, 183),
  'position-independent': u16(16, 3),
  'a relocatable object': u16(16, 1),
  'no program headers': u16(56, 0),
  'program headers without end': u16(56, 0xffff),
  'program headers of another size': u16(54, 8),
  'program headers outside the file': (e) => void e.copy.writeBigUInt64LE(MOST - 8n, 32),
  'an interpreter': (e) => void e.copy.writeUInt32LE(3, e.headers.find((h) => !e.loads.includes(h)) ?? 0),
  'segments writable and executable': (e) => { for (const at of e.loads) e.copy.writeUInt32LE(7, at + 4); },
  'text and data in one place': (e) => e.loads.forEach((at) => void e.copy.writeBigUInt64LE(0x400000n, at + VADDR)),
  'segments that overlap by a page': (e) => { e.copy.writeBigUInt64LE(e.copy.readBigUInt64LE(e.loads[0] + VADDR), e.loads[1] + VADDR); },
  'a segment at address 0': load(VADDR, 0n),
  'a segment just below the base': load(VADDR, 0x3ff000n),
  'a segment beyond the limit': load(VADDR, 0x40000000n),
  'a segment in the upper half': load(VADDR, 0xffff800000000000n),
  'a segment that wraps': load(VADDR, MOST - 0xfffn),
  'a segment off its page': load(VADDR, 0x400010n),
  'a segment of all memory': load(MEMSZ, MOST),
  'a segment of a gigabyte': load(MEMSZ, 0x3fc00000n),
  'a segment larger in the file than in memory': load(FILESZ, 0x10000000n),
  'a segment outside the file': load(OFFSET, 0x7fffffffn),
  'a segment whose offset wraps': load(OFFSET, MOST - 0xfffn),
  'entry at 0': entry(0n),
  'entry outside': entry(0x30000000n),
  'entry in the upper half': entry(0xffffffff80000000n),
  'entry not canonical': entry(0x800000000000n),
  'entry in the data': (e) => void e.copy.writeBigUInt64LE(e.copy.readBigUInt64LE(e.loads[e.loads.length - 1] + VADDR), 24),
  'another ABI version': (e) => void e.copy.writeUInt32LE(2, e.descriptor),
  'unknown flags': (e) => void e.copy.writeUInt32LE(1, e.descriptor + 4),
  'no note': (e) => void e.copy.write('Kolony', e.descriptor - 8),
  'a stack of nothing': note(8, 0n),
  'a stack off its page': note(8, 4097n),
  'a stack of all memory': note(8, MOST - 0xfffn),
  'a stack of a terabyte': note(8, 1n << 40n),
  'a heap over the image': note(16, 0x400000n),
  'a heap at the last page': note(16, MOST - 0xfffn),
  'a heap not canonical': note(16, 1n << 47n),
  'a heap off its page': note(16, 0x100000001n),
  'a heap of all memory': note(24, MOST - 0xfffn),
  'a heap larger than the limit': note(24, 1n << 36n),
  'resume at 0': note(32, 0n),
  'resume in the data': (e) => void e.copy.writeBigUInt64LE(e.copy.readBigUInt64LE(e.loads[e.loads.length - 1] + VADDR), e.descriptor + 32),
  'resume in the upper half': note(32, 0xffffffff80000000n),
  'section headers outside the file': (e) => void e.copy.writeBigUInt64LE(MOST - 64n, 40),
  'section headers without end': u16(60, 0xffff),
  'a section of strings outside the file': u16(62, 0xfffe),
};

/**
 * A file whose every section header is a symbol table over the whole file, which multiplies the work.
 * @param {Uint8Array} bytes
 */
export function sectionBomb(bytes) {
  const { copy } = editor(bytes);
  const count = 20_000;
  const table = Buffer.alloc(count * SHDR);
  const size = copy.length + table.length;
  for (let i = 0; i < count; i++) {
    table.writeUInt32LE(2, i * SHDR + 4); // SHT_SYMTAB
    table.writeBigUInt64LE(0n, i * SHDR + 24);
    table.writeBigUInt64LE(BigInt(size), i * SHDR + 32);
    table.writeUInt32LE(0, i * SHDR + 40);
  }
  copy.writeBigUInt64LE(BigInt(copy.length), 40);
  copy.writeUInt16LE(count, 60);
  return Buffer.concat([copy, table]);
}

/** Sixty thousand function symbols that share one name of a megabyte. @param {Uint8Array} bytes */
export function symbolBomb(bytes) {
  const { copy } = editor(bytes);
  const symbols = Buffer.alloc(60_000 * 24);
  for (let i = 0; i < 60_000; i++) {
    symbols.writeUInt32LE(1, i * 24);
    symbols[i * 24 + 4] = 0x12; // a global function
    symbols.writeUInt16LE(1, i * 24 + 6);
    symbols.writeBigUInt64LE(0x400000n, i * 24 + 8);
  }
  const names = Buffer.alloc(1 << 20, 'x');
  names[0] = 0;
  const headers = Buffer.alloc(2 * SHDR);
  const section = (
    /** @type {number} */ i,
    /** @type {number} */ type,
    /** @type {number} */ offset,
    /** @type {number} */ size,
  ) => {
    headers.writeUInt32LE(type, i * SHDR + 4);
    headers.writeBigUInt64LE(BigInt(offset), i * SHDR + 24);
    headers.writeBigUInt64LE(BigInt(size), i * SHDR + 32);
    headers.writeUInt32LE(1, i * SHDR + 40);
  };
  section(0, 2, copy.length, symbols.length);
  section(1, 3, copy.length + symbols.length, names.length);
  copy.writeBigUInt64LE(BigInt(copy.length + symbols.length + names.length), 40);
  copy.writeUInt16LE(2, 60);
  copy.writeUInt16LE(1, 62);
  return Buffer.concat([copy, symbols, names, headers]);
}

/** Replaces bytes: in the headers and the note for most, anywhere for the rest. @param {Uint8Array} bytes @param {readonly (readonly [number, number, boolean])[]} edits */
export function mutate(bytes, edits) {
  const { copy, headers, descriptor } = editor(bytes);
  const spans = [[0, 64], ...headers.map((at) => [at, PHDR]), [descriptor - 20, 60]];
  for (const [where, value, anywhere] of edits) {
    const [start, length] = /** @type {[number, number]} */ (spans[where % spans.length]);
    const at = anywhere ? where % copy.length : start + (Math.floor(where / spans.length) % length);
    copy[at] = value;
  }
  return copy;
}
