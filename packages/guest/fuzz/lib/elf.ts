/** The smallest images: headers, a few bytes of text and data, a note, and the sections that Colony reads. */
import { ABI_VERSION, IMAGE_BASE, NOTE_NAME, NOTE_TYPE } from '../../src/abi.generated.js';

const PAGE = 4096;

export interface Parts {
  readonly symbols?: number;
  readonly exports?: readonly string[];
  readonly hypercalls?: readonly string[];
  readonly sections?: boolean;
  /** The name of all symbols. */
  readonly symbolName?: string;
  /** All exports have the name of the first. */
  readonly sharedExports?: boolean;
  /** Program headers that name the notes, and empty notes before Colony's. */
  readonly noteHeaders?: number;
  readonly emptyNotes?: number;
}

const text = (value: string) => Buffer.from(value, 'latin1');

function record(size: number, fields: Readonly<Record<number, readonly [2 | 4 | 8, number]>>): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [at, [width, value]] of Object.entries(fields)) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), Number(at));
    else bytes.writeUIntLE(value, Number(at), width);
  }
  return bytes;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly content: Buffer;
  readonly link: number;
}

/** Assigns offsets as parts are added. */
class File {
  readonly parts: Buffer[] = [];
  size: number;

  constructor(head: number) {
    this.size = head;
  }

  put(content: Buffer): number {
    const at = this.size;
    const padded = Buffer.concat([content, Buffer.alloc(-content.length & 7)]);
    this.parts.push(padded);
    this.size += padded.length;
    return at;
  }
}

export function image(parts: Parts = {}): Uint8Array {
  const { exports = ['add'], sections = true, noteHeaders = 1, emptyNotes = 0 } = parts;
  const file = new File(64 + (3 + noteHeaders) * 56);
  const code = new Uint8Array(32).fill(0x90);
  const names = text(exports.map((name) => `${name}\0`).join(''));
  const note = Buffer.concat([
    Buffer.alloc(12 * emptyNotes),
    record(12, { 0: [4, NOTE_NAME.length + 1], 4: [4, 40], 8: [4, NOTE_TYPE] }),
    Buffer.concat([text(NOTE_NAME), Buffer.alloc(8)], Math.ceil((NOTE_NAME.length + 1) / 4) * 4),
    record(40, { 0: [4, ABI_VERSION], 8: [8, 65536], 16: [8, 0], 24: [8, 65536], 32: [8, IMAGE_BASE + 16] }),
  ]);
  const data = Buffer.alloc(16, 7);
  const at = { code: file.put(Buffer.from(code)), names: file.put(names), note: file.put(note), data: file.put(data) };
  const load = (flags: number, offset: number, page: number, size: number, memory = size) =>
    record(56, {
      0: [4, 1],
      4: [4, flags],
      8: [8, offset],
      16: [8, IMAGE_BASE + page * PAGE],
      24: [8, IMAGE_BASE + page * PAGE],
      32: [8, size],
      40: [8, memory],
      48: [8, PAGE],
    });
  const headers = [
    load(5, at.code, 0, code.length),
    load(4, at.names, 1, Math.max(1, names.length)),
    load(6, at.data, 2, data.length, 3 * PAGE),
    ...new Array(noteHeaders).fill(
      record(56, { 0: [4, 4], 4: [4, 4], 8: [8, at.note], 32: [8, note.length], 40: [8, note.length] }),
    ),
  ];
  const table = sections ? putSections(file, sectionsOf(parts, exports)) : { at: 0, count: 0 };
  const head = record(64, {
    16: [2, 2],
    18: [2, 62],
    20: [4, 1],
    24: [8, IMAGE_BASE],
    32: [8, 64],
    40: [8, table.at],
    52: [2, 64],
    54: [2, 56],
    56: [2, headers.length],
    58: [2, 64],
    60: [2, table.count],
    62: [2, Math.max(0, table.count - 1)],
  });
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  return new Uint8Array(Buffer.concat([head, ...headers, ...file.parts]));
}

function sectionsOf(
  { symbols = 2, hypercalls = ['save'], symbolName, sharedExports = false }: Parts,
  exports: readonly string[],
): Section[] {
  const records = exports.map((_name, i) => {
    const before = sharedExports ? 0 : exports.slice(0, i).reduce((sum, name) => sum + name.length + 1, 0);
    const pointers = record(16, { 0: [8, IMAGE_BASE + PAGE + before], 8: [8, IMAGE_BASE + 4 * i] });
    return Buffer.concat([pointers, text(i % 2 === 0 ? 'iii' : 'vtyd'), Buffer.alloc(16)], 32);
  });
  const own = Array.from({ length: symbols }, (_, i) => `s${i}\0`).join('');
  const strings = text(`\0${symbolName === undefined ? own : `${symbolName}\0`}`);
  const table = Array.from({ length: symbols }, (_, i) =>
    record(24, {
      0: [4, symbolName === undefined ? 1 + own.indexOf(`s${i}\0`) : 1],
      4: [2, 0x11 + (i & 1)],
      6: [2, 1],
      8: [8, IMAGE_BASE + 4 * i],
      16: [8, 4],
    }),
  );
  const section = (name: string, type: number, flags: number, content: Buffer, link = 0): Section => ({
    name,
    type,
    flags,
    address: flags === 0 ? 0 : IMAGE_BASE,
    content,
    link,
  });
  return [
    section('', 0, 0, Buffer.alloc(0)),
    section('colony_exports', 1, 2, Buffer.concat(records)),
    section('.colony.hypercalls', 1, 0, text(hypercalls.map((name) => `${name}\0`).join(''))),
    section('.symtab', 2, 0, Buffer.concat(table), 4),
    section('.strtab', 3, 0, strings),
    section('.bss', 8, 3, Buffer.alloc(0)),
    section('.shstrtab', 3, 0, text('\0colony_exports\0.colony.hypercalls\0.symtab\0.strtab\0.bss\0.shstrtab\0')),
  ];
}

function putSections(file: File, sections: readonly Section[]): { at: number; count: number } {
  const names = sections.at(-1)!.content.toString('latin1');
  const headers = sections.map(({ name, type, flags, address, content, link }) => {
    const offset = file.put(content);
    return record(64, {
      0: [4, name === '' ? 0 : names.indexOf(`\0${name}\0`) + 1],
      4: [4, type],
      8: [8, flags],
      16: [8, address],
      24: [8, offset],
      32: [8, content.length],
      40: [4, link],
    });
  });
  return { at: file.put(Buffer.concat(headers)), count: sections.length };
}
