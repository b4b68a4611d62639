import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

export { library } from './zlib.mjs';

const licence = readFileSync(new URL('../../LICENSE', import.meta.url));
const packed = deflateSync(licence);

/** @type {import('../lib/measure.mjs').Jobs} */
export const jobs = {
  inflate: { virtine: 'unpack', input: packed, args: [packed, licence.length] },
  deflate: { virtine: 'pack', input: licence, args: [licence, 6, licence.length] },
};

/** @param {any} result */
export const sizeOf = (result) => result.to.length;
