import { deflateSync } from 'node:zlib';

export { library } from './png.mjs';

const SIDE = 128;

/** @param {string} type @param {Uint8Array} data whose checksum the example's decoder does not look at */
function chunk(type, data) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  return Buffer.concat([size, Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
}

/** A gradient: red, green, blue and alpha, a byte each. */
function picture() {
  const header = Buffer.from([0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 6, 0, 0, 0]);
  const rows = Array.from({ length: SIDE }, (_, y) =>
    Buffer.from([0, ...Array.from({ length: SIDE }, (_, x) => [2 * x, 2 * y, x ^ y, 255]).flat()]),
  );
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = chunk('IDAT', deflateSync(Buffer.concat(rows)));
  return Buffer.concat([signature, chunk('IHDR', header), data, chunk('IEND', Buffer.alloc(0))]);
}

const file = picture();

/** @type {import('../lib/measure.mjs').Jobs} */
export const jobs = { decode: { virtine: 'decode', input: file, args: [file, SIDE * SIDE * 4] } };

/** @param {any} result */
export const sizeOf = (result) => result.pixels.length;
