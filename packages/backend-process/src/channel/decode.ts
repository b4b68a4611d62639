/** Frames from a child, which may send anything: every number is checked before memory is spent on it. */
import { type Frame, HEADER, type MostBytes } from './types.js';

/** The bytes received are not a frame that may come now. */
export class ChannelError extends Error {
  constructor(
    message: string,
    /** `too-long`: a frame that may come, but not so long. `unexpected`: one that may not. */
    readonly kind: 'too-long' | 'unexpected',
    readonly type: number,
  ) {
    super(message);
  }
}

interface Header {
  readonly length: number;
  readonly call: number;
  readonly type: number;
}

const FIRST_PIECE = 65536;

/** Cuts a stream of bytes into frames. After an error it is dead and takes nothing more. */
export class FrameReader {
  readonly #most: MostBytes;
  readonly #onFrame: (frame: Frame) => void;
  readonly #start = new Uint8Array(HEADER);
  #header: Header | undefined;
  /** Grows with what arrives, not with what is announced. */
  #payload = new Uint8Array(0);
  /** Bytes that are there, of the header or of the payload. */
  #held = 0;
  #dead = false;

  constructor(most: MostBytes, onFrame: (frame: Frame) => void) {
    this.#most = most;
    this.#onFrame = onFrame;
  }

  /** True in the middle of a frame. */
  get pending(): boolean {
    return this.#held > 0 || this.#header !== undefined;
  }

  /** Takes no more. */
  end(): void {
    this.#dead = true;
    this.#header = undefined;
    this.#payload = new Uint8Array(0);
    this.#held = 0;
  }

  /** @throws ChannelError */
  push(chunk: Uint8Array): void {
    let at = 0;
    try {
      while (at < chunk.length && !this.#dead) at += this.#take(chunk.subarray(at));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Takes what belongs to the part that is being read; gives how much that was. */
  #take(bytes: Uint8Array): number {
    return this.#header === undefined ? this.#takeHeader(bytes) : this.#takePayload(bytes, this.#header);
  }

  #takeHeader(bytes: Uint8Array): number {
    const part = bytes.subarray(0, HEADER - this.#held);
    this.#start.set(part, this.#held);
    this.#held += part.length;
    if (this.#held === HEADER) {
      const header = this.#check();
      this.#held = 0;
      this.#payload = new Uint8Array(Math.min(header.length, FIRST_PIECE));
      this.#header = header;
      if (header.length === 0) this.#finish(header);
    }
    return part.length;
  }

  #check(): Header {
    const view = new DataView(this.#start.buffer);
    const header = { length: view.getUint32(0, true), call: view.getUint32(4, true), type: view.getUint8(8) };
    const most = this.#most(header.type, header.call);
    if (most === undefined)
      throw new ChannelError(`a message of type ${header.type}, which may not come now`, 'unexpected', header.type);
    if (header.length > most) {
      const message = `a message of ${header.length} bytes, more than the ${most} that may come`;
      throw new ChannelError(message, 'too-long', header.type);
    }
    return header;
  }

  #takePayload(bytes: Uint8Array, header: Header): number {
    const part = bytes.subarray(0, header.length - this.#held);
    this.#makeRoom(this.#held + part.length, header.length);
    this.#payload.set(part, this.#held);
    this.#held += part.length;
    if (this.#held === header.length) this.#finish(header);
    return part.length;
  }

  #makeRoom(needed: number, most: number): void {
    if (needed <= this.#payload.length) return;
    const larger = new Uint8Array(Math.min(most, Math.max(needed, 2 * this.#payload.length)));
    larger.set(this.#payload.subarray(0, this.#held));
    this.#payload = larger;
  }

  #finish({ call, type }: Header): void {
    const payload = this.#payload;
    this.#header = undefined;
    this.#payload = new Uint8Array(0);
    this.#held = 0;
    this.#onFrame({ call, type, payload });
  }
}
