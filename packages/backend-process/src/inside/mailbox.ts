/** A worker thread's end of its channel: a message port, and shared memory to wait on. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { encodeFrame, type Frame, FrameReader } from '../channel/index.js';

/** The word of the shared memory that counts messages to the thread; negative if it is to end. */
export const SENT = 0;

export class Mailbox {
  readonly #port: MessagePort;
  readonly #shared: Int32Array;
  readonly #frames: Frame[] = [];
  readonly #reader = new FrameReader(
    () => 2 ** 32,
    (frame) => void this.#frames.push(frame),
  );

  constructor(port: MessagePort, shared: Int32Array) {
    this.#port = port;
    this.#shared = shared;
  }

  send(call: number, type: number, segments: readonly Uint8Array[]): void {
    this.#port.postMessage(encodeFrame(call, type, segments));
  }

  /** Waits for the next frame; `undefined` if there will be none. */
  receive(): Frame | undefined {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      const sent = Atomics.load(this.#shared, SENT);
      if (sent < 0) return undefined;
      const message = receiveMessageOnPort(this.#port) as { message: Uint8Array } | undefined;
      if (message !== undefined) this.#reader.push(message.message);
      else Atomics.wait(this.#shared, SENT, sent);
    }
  }
}
