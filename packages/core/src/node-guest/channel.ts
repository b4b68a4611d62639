/** The guest's end of its channel: descriptors that the library OS opens (see packages/guest/linux/files/channel.c). */
import { Buffer } from 'node:buffer';
import { readSync, writeSync } from 'node:fs';

const CALLS = 3;
const HYPERCALLS = 4;
const CHUNK = 65536;

const chunk = Buffer.alloc(CHUNK);

/** Reads a message, which ends with a read that does not fill its buffer. */
function read(descriptor: number): ArrayBuffer {
  let length = readSync(descriptor, chunk, 0, CHUNK, null);
  if (length < CHUNK) return copy(chunk, length);
  const pieces: Buffer[] = [];
  for (; length === CHUNK; length = readSync(descriptor, chunk, 0, CHUNK, null)) pieces.push(Buffer.from(chunk));
  pieces.push(chunk.subarray(0, length));
  const whole = Buffer.concat(pieces);
  return copy(whole, whole.length);
}

function copy(from: Buffer, length: number): ArrayBuffer {
  return from.buffer.slice(from.byteOffset, from.byteOffset + length) as ArrayBuffer;
}

function send(descriptor: number, message: ArrayBuffer): void {
  const bytes = new Uint8Array(message);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, null);
}

/** Waits for the next call. */
export const nextCall = (): ArrayBuffer => read(CALLS);

/** The result goes to the host with the next {@link nextCall}. */
export const answer = (result: ArrayBuffer): void => send(CALLS, result);

export function hypercall(request: ArrayBuffer): ArrayBuffer {
  send(HYPERCALLS, request);
  return read(HYPERCALLS);
}
