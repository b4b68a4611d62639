/** Skips instructions. Unknown ones are refused, so that none escapes the rewriting. */
import { ColonyError } from '@colony/core';
import { type ByteReader, malformed } from './bytes.js';
import type { ValueType } from './prepared.js';

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableSet: 0x26,
  i32Store: 0x36,
  i32Store8: 0x3a,
  i64Store32: 0x3e,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32ShrU: 0x76,
  refFunc: 0xd2,
  bulk: 0xfc,
  simd: 0xfd,
} as const;

/** Opcodes after the prefix OP.bulk. */
export const BULK = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

const VALUE_TYPES: Readonly<Record<number, ValueType>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};

/** @throws ColonyError ERR_COMPILE: the module uses a feature that is not supported */
export function refuse(feature: string): never {
  throw new ColonyError(
    'ERR_COMPILE',
    `the Wasm module does not compile: it uses ${feature}, which Colony does not offer; build it without`,
  );
}

export function valueType(code: number): ValueType {
  return VALUE_TYPES[code] ?? refuse('garbage-collected or typed references');
}

/** Features that are refused, by opcode. */
const REFUSED: Readonly<Record<number, string>> = {
  6: 'exception handling',
  7: 'exception handling',
  8: 'exception handling',
  9: 'exception handling',
  10: 'exception handling',
  18: 'tail calls',
  19: 'tail calls',
  20: 'typed function references',
  21: 'tail calls',
  24: 'exception handling',
  25: 'exception handling',
  31: 'exception handling',
  251: 'garbage collection',
  254: 'threads',
};

const NONE = 0;
const BLOCK = 1;
const INDEX = 2;
const TWO_INDICES = 3;
const MEMORY = 4;
const LEB64 = 6;
const FOUR = 7;
const EIGHT = 8;
const LABELS = 9;
const TYPES = 10;
const UNKNOWN = 11;

/** The immediates that follow each opcode of one byte. */
const SHAPES = new Uint8Array(256).fill(UNKNOWN);
function shape(from: number, to: number, kind: number): void {
  SHAPES.fill(kind, from, to + 1);
}
shape(0x00, 0x01, NONE);
shape(0x02, 0x04, BLOCK);
shape(0x05, 0x05, NONE);
shape(0x0b, 0x0b, NONE);
shape(0x0c, 0x0d, INDEX);
shape(0x0e, 0x0e, LABELS);
shape(0x0f, 0x0f, NONE);
shape(0x10, 0x10, INDEX);
shape(0x11, 0x11, TWO_INDICES);
shape(0x1a, 0x1b, NONE);
shape(0x1c, 0x1c, TYPES);
shape(0x20, 0x26, INDEX);
shape(0x28, 0x3e, MEMORY);
shape(0x3f, 0x40, INDEX);
shape(0x41, 0x41, INDEX);
shape(0x42, 0x42, LEB64);
shape(0x43, 0x43, FOUR);
shape(0x44, 0x44, EIGHT);
shape(0x45, 0xc4, NONE);
shape(0xd0, 0xd0, INDEX);
shape(0xd1, 0xd1, NONE);
shape(0xd2, 0xd2, INDEX);

function unknown(opcode: number): never {
  return refuse(REFUSED[opcode] ?? `the unknown instruction 0x${opcode.toString(16)}`);
}

function blockType(reader: ByteReader): void {
  const first = reader.byte();
  if (first === 0x40) return;
  if (first >= 0x80) reader.skipLeb(4);
  else if (first >= 0x40) valueType(first);
}

function memoryArgument(reader: ByteReader): void {
  if (reader.u32() >= 32) refuse('several memories');
  reader.skipLeb(5);
}

type Skip = (reader: ByteReader) => void;

/** Skips immediates, by their shape. */
const SKIPS: Readonly<Record<number, Skip>> = {
  [NONE]: () => {},
  [BLOCK]: blockType,
  [INDEX]: (reader) => reader.skipLeb(5),
  [TWO_INDICES]: (reader) => {
    reader.skipLeb(5);
    reader.skipLeb(5);
  },
  [MEMORY]: memoryArgument,
  [LEB64]: (reader) => reader.skipLeb(10),
  [FOUR]: (reader) => reader.skip(4),
  [EIGHT]: (reader) => reader.skip(8),
  [LABELS]: (reader) => {
    for (let left = reader.u32() + 1; left > 0; left--) reader.skipLeb(5);
  },
  [TYPES]: (reader) => {
    for (let left = reader.u32(); left > 0; left--) valueType(reader.byte());
  },
};

/** Skips an instruction's immediates. The opcode (one byte, neither bulk nor simd) has been read. */
export function skipImmediates(reader: ByteReader, opcode: number): void {
  const skip = SKIPS[SHAPES[opcode]!];
  if (skip === undefined) unknown(opcode);
  else skip(reader);
}

const LAST_SIMD = 0xff;

/** Skips an instruction after the prefix OP.simd. @returns its opcode */
export function skipSimd(reader: ByteReader): number {
  const opcode = reader.u32();
  const lane = opcode >= 84 && opcode <= 91;
  if (opcode > LAST_SIMD) refuse('relaxed vector instructions');
  if (opcode <= 11 || opcode === 92 || opcode === 93 || lane) memoryArgument(reader);
  if (opcode === 12 || opcode === 13) reader.skip(16);
  if ((opcode >= 21 && opcode <= 34) || lane) reader.skip(1);
  return opcode;
}

/** Skips a constant expression, and reports the functions in it with the positions of their indexes. */
export function constantExpression(
  reader: ByteReader,
  onFunction: (at: number, index: number, after: number) => void,
): void {
  for (;;) {
    const opcode = reader.byte();
    if (opcode === OP.end) return;
    const at = reader.at;
    if (opcode === OP.refFunc) onFunction(at, reader.u32(), reader.at);
    else if (opcode === OP.simd) skipSimd(reader);
    else if (opcode === OP.bulk) throw malformed('a constant expression is not constant');
    else skipImmediates(reader, opcode);
  }
}
