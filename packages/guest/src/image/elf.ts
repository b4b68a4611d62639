/**
 * Reads a virtine image for `colony inspect` and for fault reports. The bytes may be anything: every offset is checked
 * before use, and counts are bounded by the file's size. A violation of the contract is a ColonyError ERR_BAD_OPTION
 * that names the place. Nothing is executed or loaded here; the hypervisor checks again.
 */
import { ABI_VERSION, IMAGE_BASE, IMAGE_LIMIT, NOTE_NAME, NOTE_TYPE } from '../abi.generated.js';
import { ByteReader } from './byte-reader.js';
import { refuse } from './refuse.js';
import { MOST_HEADERS, readSections, type SectionHeader, SHF_ALLOC, SHT_NOBITS } from './sections.js';
import type { ImageExport, ImageInfo, ImageNote, ImageSegment, ImageSymbol } from './types.js';

export type * from './types.js';

const PAGE = 4096;
const PT_LOAD = 1;
const PT_NOTE = 4;
const SHT_SYMTAB = 2;
const NOTE_DESCRIPTOR = 40;
/** Offset in the descriptor. */
const NOTE_STACK_SIZE = 8;
const EXPORT_RECORD = 32;

const TYPES: Readonly<Record<string, string>> = {
  v: 'void',
  b: 'bool',
  c: 'int8_t',
  C: 'uint8_t',
  s: 'int16_t',
  S: 'uint16_t',
  i: 'int32_t',
  I: 'uint32_t',
  l: 'int64_t',
  L: 'uint64_t',
  f: 'float',
  d: 'double',
  t: 'const char *',
  y: 'colony_bytes',
  // Code that the Colony compiler generated reads and writes it: only its bindings know the types.
  x: '(declared)',
};

/** True if the bytes begin as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function readImage(bytes: Uint8Array): ImageInfo {
  if (!isElf(bytes)) refuse('it does not start as an ELF file does');
  const file = new ByteReader(bytes, refuse);
  if (bytes.length < 64) refuse('the header is cut short');
  if (bytes[4] !== 2 || bytes[5] !== 1 || file.u16(18) !== 62) refuse('it is not 64-bit x86-64 ELF, little endian');
  if (file.u16(16) !== 2) refuse('it is not a static, position-dependent executable (ET_EXEC)');
  const headers = readProgramHeaders(file);
  const segments = headers.filter((header) => header.type === PT_LOAD);
  checkSegments(segments);
  const note = readNote(file, headers);
  const entry = file.address(24);
  for (const [what, address] of [
    ['entry', entry],
    ['resume', note.resume],
  ] as const) {
    const home = segments.find((s) => address >= s.address && address < s.address + s.fileSize);
    if (home === undefined || !home.execute) refuse(`its ${what} address 0x${address.toString(16)} is not in the text`);
  }
  const sections = readSections(file);
  const loaded = segments.map(describeSegment);
  return {
    entry,
    note,
    segments: loaded,
    sections: sections.map(({ name, address, size, flags }) => ({
      name,
      address,
      size,
      loaded: (flags & SHF_ALLOC) !== 0,
    })),
    symbols: readSymbols(file, sections),
    exports: readExports(file, sections, segments),
    hypercalls: readHypercalls(file, sections),
    fileSize: bytes.length,
    pages: loaded.reduce((sum, segment) => sum + segment.pages, 0),
  };
}

/** Returns the image with another stack size in its note. @throws ColonyError ERR_BAD_OPTION */
export function withStackSize(image: Uint8Array, stackSize: number): Uint8Array {
  const copy = image.slice();
  const file = new ByteReader(copy, refuse);
  const at = noteAt(file, readProgramHeaders(file)) + NOTE_STACK_SIZE;
  new DataView(copy.buffer).setBigUint64(at, BigInt(stackSize), true);
  return copy;
}

/** Returns the function or object that contains an address, as `name+0x12`. */
export function symbolAt(symbols: readonly ImageSymbol[], address: number): string | undefined {
  const symbol = symbols.find((s) => address >= s.address && address < s.address + Math.max(s.size, 1));
  if (symbol === undefined) return undefined;
  const offset = address - symbol.address;
  return offset === 0 ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
}

interface ProgramHeader {
  readonly type: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

function readProgramHeaders(file: ByteReader): ProgramHeader[] {
  const start = file.address(32);
  const count = file.u16(56);
  if (file.u16(54) !== 56) refuse('its program headers have an odd size');
  if (count === 0 || count > MOST_HEADERS) refuse(`it has ${count} program headers`);
  file.need(start, count * 56, 'the program headers');
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 56;
    const flags = file.u32(at + 4);
    return {
      type: file.u32(at),
      read: (flags & 4) !== 0,
      write: (flags & 2) !== 0,
      execute: (flags & 1) !== 0,
      offset: file.address(at + 8),
      address: file.address(at + 16),
      fileSize: file.address(at + 32),
      memorySize: file.address(at + 40),
    };
  });
}

function checkSegments(segments: readonly ProgramHeader[]): void {
  if (segments.length === 0) refuse('nothing in it is loaded');
  let end = IMAGE_BASE;
  for (const [i, s] of segments.entries()) {
    const where = `segment ${i} at 0x${s.address.toString(16)}`;
    if (s.address % PAGE !== 0) refuse(`${where} does not start on a page`);
    if (s.address < end) refuse(`${where} is below 0x${end.toString(16)}, or on a page of the segment before it`);
    if (s.memorySize === 0 || s.fileSize > s.memorySize) refuse(`${where} has impossible sizes`);
    if (s.memorySize > IMAGE_LIMIT || s.address + s.memorySize > IMAGE_LIMIT)
      refuse(`${where} reaches beyond 0x40000000`);
    if (s.write && s.execute) refuse(`${where} is both writable and executable`);
    if (!s.read) refuse(`${where} is not readable`);
    end = Math.ceil((s.address + s.memorySize) / PAGE) * PAGE;
  }
}

function describeSegment(s: ProgramHeader): ImageSegment {
  return {
    address: s.address,
    fileSize: s.fileSize,
    memorySize: s.memorySize,
    pages: Math.ceil(s.memorySize / PAGE),
    access: `${s.read ? 'r' : '-'}${s.write ? 'w' : '-'}${s.execute ? 'x' : '-'}`,
  };
}

function readNote(file: ByteReader, headers: readonly ProgramHeader[]): ImageNote {
  const at = noteAt(file, headers);
  const abi = file.u32(at);
  if (abi !== ABI_VERSION) refuse(`it is made for version ${abi} of the guest ABI; this is version ${ABI_VERSION}`);
  return {
    abi,
    stackSize: file.address(at + NOTE_STACK_SIZE),
    heapBase: file.address(at + 16),
    heapInitial: file.address(at + 24),
    resume: file.address(at + 32),
  };
}

/** Returns the offset of the descriptor of the only Colony note. */
function noteAt(file: ByteReader, headers: readonly ProgramHeader[]): number {
  const notes = headers.filter((header) => header.type === PT_NOTE).flatMap((header) => colonyNotes(file, header));
  if (notes.length !== 1) refuse(notes.length === 0 ? 'it has no Colony note' : 'it has more than one Colony note');
  return notes[0]!;
}

function colonyNotes(file: ByteReader, header: ProgramHeader): number[] {
  file.need(header.offset, header.fileSize, 'the notes');
  file.spend(header.fileSize, 'its notes');
  const notes: number[] = [];
  const end = header.offset + header.fileSize;
  for (let at = header.offset; at + 12 <= end; ) {
    const nameSize = file.u32(at);
    const size = file.u32(at + 4);
    const descriptor = at + 12 + Math.ceil(nameSize / 4) * 4;
    const next = descriptor + Math.ceil(size / 4) * 4;
    if (descriptor + size > end) refuse('a note is cut short');
    if (
      file.u32(at + 8) === NOTE_TYPE &&
      nameSize === NOTE_NAME.length + 1 &&
      file.text(at + 12, nameSize) === NOTE_NAME
    ) {
      if (size !== NOTE_DESCRIPTOR) refuse(`its Colony note has ${size} bytes, not ${NOTE_DESCRIPTOR}`);
      notes.push(descriptor);
    }
    at = next;
  }
  return notes;
}

function readSymbols(file: ByteReader, sections: readonly SectionHeader[]): ImageSymbol[] {
  const table = sections.find((section) => section.type === SHT_SYMTAB);
  if (table === undefined) return [];
  const names = sections[table.link - 1];
  if (names === undefined) refuse('its symbols have no names');
  const symbols: ImageSymbol[] = [];
  for (let at = table.offset; at + 24 <= table.offset + table.size; at += 24) {
    const type = file.u8(at + 4) & 15;
    const name = file.string(names.offset, names.size, file.u32(at));
    if (type > 2 || name === '' || file.u16(at + 6) === 0) continue;
    const kind = type === 2 ? 'function' : type === 1 ? 'object' : 'other';
    symbols.push({ name, address: file.address(at + 8), size: file.address(at + 16), kind });
  }
  return symbols.sort((a, b) => a.address - b.address || b.size - a.size || (a.name < b.name ? -1 : 1));
}

/** Reads the records of COLONY_EXPORT: two pointers, then letters for the result and the parameters. */
function readExports(
  file: ByteReader,
  sections: readonly SectionHeader[],
  segments: readonly ProgramHeader[],
): ImageExport[] {
  const section = sections.find((s) => s.name === 'colony_exports');
  if (section === undefined) return [];
  if (section.type === SHT_NOBITS || section.size % EXPORT_RECORD !== 0) refuse('its table of exports is damaged');
  return Array.from({ length: section.size / EXPORT_RECORD }, (_, i) => {
    const at = section.offset + i * EXPORT_RECORD;
    const name = loadedString(file, segments, file.address(at));
    const letters = file.string(at + 16, 16, 0);
    const types = [...letters].map((letter) => TYPES[letter] ?? refuse(`the export ${name} has an unknown type`));
    if (types.length === 0) refuse(`the export ${name} has no type`);
    return { name, address: file.address(at + 8), result: types[0]!, parameters: types.slice(1) };
  });
}

function loadedString(file: ByteReader, segments: readonly ProgramHeader[], address: number): string {
  const home = segments.find((s) => address >= s.address && address < s.address + s.fileSize);
  if (home === undefined) refuse('the name of an export is not in the image');
  return file.string(home.offset, home.fileSize, address - home.address);
}

function readHypercalls(file: ByteReader, sections: readonly SectionHeader[]): string[] {
  const section = sections.find((s) => s.name === '.colony.hypercalls' && s.type !== SHT_NOBITS);
  if (section === undefined) return [];
  const names = file.text(section.offset, section.size).split('\0');
  return [...new Set(names)].filter((name) => name !== '').sort();
}
