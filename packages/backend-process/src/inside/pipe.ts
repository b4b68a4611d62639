/** The child's end of its channel: blocking, on descriptor 3. */
import { readSync, writeSync } from 'node:fs';
import process from 'node:process';
import { encodeFrame, type Frame, FrameReader } from '../channel/index.js';

const CHANNEL = 3;
const CHUNK = 65536;

const exit = process.exit.bind(process);

export class Pipe {
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #frames: Frame[] = [];
  // No limit: the host is trusted, and bounds its own frames.
  readonly #reader = new FrameReader(
    () => 2 ** 32,
    (frame) => void this.#frames.push(frame),
  );
  /** A message was begun and not finished, so the meaning of the next bytes is unknown. */
  #torn = false;

  /** Runs code that must not be cut short: an exception in the middle of it ends the process. */
  whole<T>(work: () => T): T {
    if (this.#torn) exit(70);
    this.#torn = true;
    const value = work();
    this.#torn = false;
    return value;
  }

  send(call: number, type: number, segments: readonly Uint8Array[]): void {
    const bytes = encodeFrame(call, type, segments);
    for (let at = 0; at < bytes.length; ) at += writeSync(CHANNEL, bytes, at, bytes.length - at, null);
  }

  /** Waits for the next frame. If the host is gone, the process ends. */
  receive(): Frame {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      const length = readSync(CHANNEL, this.#chunk, 0, CHUNK, null);
      if (length === 0) exit(0);
      this.#reader.push(this.#chunk.subarray(0, length));
    }
  }
}
