export { library } from './aes.mjs';

const data = Buffer.alloc(16_384, 'colony');
const [key, counter] = [Buffer.alloc(16), Buffer.alloc(16)];
key[0] = 1;
counter[0] = 2;

/** @type {import('../lib/measure.mjs').Jobs} */
export const jobs = { ctr: { virtine: 'aes_ctr', input: data, args: [key, counter, data] } };

/** @param {any} result */
export const sizeOf = (result) => result.data.length;
