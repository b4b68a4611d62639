// Loads a reader from its module.
import { pathToFileURL } from 'node:url';

/** Each refusal is an error, whose stack takes a large part of its time. One frame identifies a fault. */
const FRAMES = 1;

/**
 * Returns the reader, or the reason why it cannot run here.
 * @param {string} path
 * @returns {Promise<import('./reader.mjs').Reader | string>}
 */
export async function loadReader(path) {
  /** @type {import('./reader.mjs').ReaderModule} */
  const module = await import(pathToFileURL(path).href);
  const reader = await module.reader();
  Error.stackTraceLimit = FRAMES;
  return reader;
}
