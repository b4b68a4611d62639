/** Randomness. Seeds come from the host, once per call and never from a snapshot. */
import { embedder } from './embedder.js';
import { hypercall } from './hypercall.js';

const tellSeeded = embedder.seeded;
let seeded = false;
let a = 0;
let b = 0;
let c = 0;
let counter = 0;

/** Forgets the seed, because a snapshot must not give two calls the same numbers. */
export function forgetSeed(): void {
  seeded = false;
}

function randomBytes(length: number): Uint8Array {
  return hypercall('colony:random', [length]) as Uint8Array;
}

function seed(): void {
  const bytes = randomBytes(32);
  const view = new DataView(bytes.buffer);
  a = view.getInt32(0);
  b = view.getInt32(4);
  c = view.getInt32(8);
  counter = view.getInt32(12) | 1;
  seeded = true;
  tellSeeded?.();
  for (let i = 0; i < 12; i++) next();
}

/** sfc32: small, fast, passes PractRand. Secrets must come from `crypto` instead. */
function next(): number {
  const sum = (((a + b) | 0) + counter) | 0;
  counter = (counter + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = ((c << 21) | (c >>> 11)) + sum;
  c |= 0;
  return sum >>> 0;
}

/** An arrow function, because `Math.random` is not a constructor. */
export const random = (): number => {
  if (!seeded) seed();
  return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
};

function getRandomValues<T extends ArrayBufferView>(array: T): T {
  if (array.byteLength > 65536) throw new RangeError('getRandomValues: at most 65536 bytes at a time');
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
  return array;
}

function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let hex = '';
  for (const byte of bytes) hex += (byte + 256).toString(16).slice(1);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const crypto = Object.freeze({ getRandomValues, randomUUID });
