// A reader from its module.
import { pathToFileURL } from 'node:url';

/** Each refusal is an error, and its stack a large part of its time: one frame names a fault. */
const FRAMES = 1;

/** The reader, or why it cannot run here. @param {string} path @returns {Promise<import('./reader.mjs').Reader | string>} */
export async function loadReader(path) {
  /** @type {import('./reader.mjs').ReaderModule} */
  const module = await import(pathToFileURL(path).href);
  const reader = await module.reader();
  Error.stackTraceLimit = FRAMES;
  return reader;
}
