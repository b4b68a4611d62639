/** A small Wasm module whose C takes a compiler a minute or more: one function with very many jumps and variables. */
export function slowModule(pieces: number): Uint8Array<ArrayBuffer> {
  const code: number[] = [];
  for (let i = 0; i < pieces; i++) code.push(...piece(i));
  // Eight variables besides the parameter; at the end the result is one of them.
  const body = [1, 8, I32, ...code, 0x20, 1, END];
  return Uint8Array.from(
    [
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [1, 0x60, 1, I32, 1, I32]),
      section(3, [1, 0]),
      section(7, [1, 1, 'f'.charCodeAt(0), 0, 0]),
      section(10, [1, ...leb(body.length), ...body]),
    ].flat(),
  );
}

const I32 = 0x7f;
const END = 0x0b;

/** A block that is left where the parameter is not 0; else two variables are computed from others. */
const piece = (i: number): number[] => [
  ...[0x02, 0x40, 0x20, 0, 0x0d, 0],
  ...[0x20, 0, 0x41, i % 60, 0x6a, 0x21, i % 8],
  ...[0x20, i % 8, 0x20, (i + 1) % 8, 0x6c, 0x21, (i + 2) % 8],
  END,
];

const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}
