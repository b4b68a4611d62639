/** A small Wasm module whose C takes a compiler a minute or more: one function with very many jumps and variables. */

const I32 = 0x7f;
const END = 0x0b;

/** @param {number} pieces blocks of the function; 22,000 of them make 450 KiB @returns {Uint8Array<ArrayBuffer>} */
export function slowModule(pieces) {
  const code = Array.from({ length: pieces }, (_, i) => piece(i)).flat();
  // Eight variables besides the parameter; the result is one of them.
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

/** A block that exits if the parameter is not 0; otherwise it computes two variables from others. @param {number} i */
const piece = (i) => [
  ...[0x02, 0x40, 0x20, 0, 0x0d, 0],
  ...[0x20, 0, 0x41, i % 60, 0x6a, 0x21, i % 8],
  ...[0x20, i % 8, 0x20, (i + 1) % 8, 0x6c, 0x21, (i + 2) % 8],
  END,
];

/** @param {number} id @param {number[]} content */
const section = (id, content) => [id, ...leb(content.length), ...content];

/** @param {number} value @returns {number[]} */
const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
