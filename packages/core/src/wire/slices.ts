/** Decodes large messages in slices, so that other work of the event loop goes on. */
import { setImmediate } from 'node:timers';
import { type CodecLimits, SlicedDecoding } from './codec/index.js';

/** Default size of a message, in bytes, above which it is decoded in slices. */
export const DEFAULT_SLICE_ABOVE = 1024 ** 2;

/** Milliseconds of a slice, plus one step of the decoder. */
const SLICE_MS = 10;

let last: Promise<void> = Promise.resolve();

/**
 * Waits until the event loop has turned since the last slice of any message. So many messages together block it no
 * longer at a time than one does.
 */
export function turn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => void setImmediate(resolve)));
  return last;
}

/**
 * Decodes exactly one value. `bytes` must not change meanwhile. `check` is called before each slice; its error ends the
 * decoding.
 * @throws ColonyError as `decode` does
 */
export async function decodeInSlices(bytes: Uint8Array, limits: CodecLimits, check: () => void): Promise<unknown> {
  const decoding = new SlicedDecoding(bytes, limits);
  for (;;) {
    await turn();
    check();
    const end = performance.now() + SLICE_MS;
    do {
      if (decoding.step()) return decoding.value;
    } while (performance.now() < end);
  }
}
