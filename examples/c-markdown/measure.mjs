import { readFileSync } from 'node:fs';

export { library } from './markdown.mjs';

const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** @type {import('../lib/measure.mjs').Jobs} */
export const jobs = { render: { virtine: 'render', input: Buffer.from(text), args: [text] } };

/** @param {any} result */
export const sizeOf = (result) => Buffer.byteLength(result);
