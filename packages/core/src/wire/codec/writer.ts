/**
 * The growing output of one `encode`. State is in module variables rather than in an object, because in the guest's
 * interpreter a variable costs half of a property. Messages are cut one after the other from a slab, so that a small
 * message allocates only a view.
 */
import { ColonyError, type ErrorCode } from '../../errors.js';
import { TAG_WTF8, utf8 } from './limits.js';

/** Byte arrays from this size on become their own segment: a reference to the user's buffer. */
const SEGMENT_MIN = 4096;
const SLAB = 16384;

const { apply } = Reflect;
const bufferSlice = ArrayBuffer.prototype.slice;

let slabBuffer = new ArrayBuffer(0);
let slab = new Uint8Array(slabBuffer);
let view = new DataView(slabBuffer);
/** Slab size in bytes, cached because guest code can replace the `byteLength` getter. */
let capacity = 0;
let pos = 0;
let start = 0;
let flushed = 0;
let segments: Uint8Array[] | undefined;
let maxBytes = 0;
let overflowCode: ErrorCode = 'ERR_LIMIT_OUTPUT';

export type SavedWriter = [Uint8Array[] | undefined, number, ErrorCode, number];
export let open = 0;

/**
 * Starts a message and returns the state that `restore` needs. A user's getter may encode meanwhile. The outer message
 * so far then becomes its segment, and the inner one follows in the slab.
 */
export function begin(limit: number, code: ErrorCode): SavedWriter | undefined {
  const saved = open++ > 0 ? suspend() : undefined;
  start = pos;
  maxBytes = limit;
  overflowCode = code;
  return saved;
}

function suspend(): SavedWriter {
  if (segments === undefined) segments = [];
  segments.push(slab.subarray(start, pos));
  flushed += pos - start;
  const saved: SavedWriter = [segments, flushed, overflowCode, maxBytes];
  segments = undefined;
  flushed = 0;
  return saved;
}

/** Returns to the message that was being written when `begin` was called. */
export function restore(saved: SavedWriter | undefined): void {
  open--;
  start = pos;
  segments = undefined;
  flushed = 0;
  if (saved === undefined) return;
  segments = saved[0];
  flushed = saved[1];
  overflowCode = saved[2];
  maxBytes = saved[3];
}

function overflow(bytes: number): ColonyError {
  const message = `the message has more than ${maxBytes} bytes: raise the limit or pass less`;
  return new ColonyError(overflowCode, message, { details: { limit: maxBytes, bytes } });
}

function grow(need: number): void {
  const used = pos - start;
  if (flushed + used + need > maxBytes + 16) throw overflow(flushed + used + need);
  const old = slab.subarray(start, pos);
  capacity = Math.max(SLAB, (used + need) * 2);
  slabBuffer = new ArrayBuffer(capacity);
  slab = new Uint8Array(slabBuffer);
  slab.set(old);
  view = new DataView(slabBuffer);
  start = 0;
  pos = used;
}

/**
 * Returns whether the caller's byte arrays still have the lengths that were written. Its getters may have detached or
 * resized them.
 */
export function isWhole(): boolean {
  if (segments === undefined) return true;
  let length = 0;
  for (let i = 0; i < segments.length; i++) length += segments[i]!.length;
  return length === flushed;
}

/** Ends the message. Its bytes stay in the slab. */
export function finish(): Uint8Array[] {
  const last = slab.subarray(start, pos);
  if (flushed + last.length > maxBytes) throw overflow(flushed + last.length);
  const all = segments;
  if (all === undefined) return [last];
  if (last.length > 0) all.push(last);
  return all;
}

/** Ends the message as one fresh ArrayBuffer, and frees its place in the slab. */
export function finishBuffer(): ArrayBuffer {
  const length = flushed + pos - start;
  if (length > maxBytes) throw overflow(length);
  let result: ArrayBuffer;
  if (segments === undefined) {
    result = apply(bufferSlice, slabBuffer, [start, pos]);
  } else {
    result = new ArrayBuffer(length);
    const target = new Uint8Array(result);
    let at = 0;
    for (const part of finish()) {
      target.set(part, at);
      at += part.length;
    }
  }
  pos = open === 1 ? 0 : start;
  return result;
}

/** Discards the message after a failure or before a second pass. */
export function rewind(): void {
  if (segments === undefined) pos = start;
  else start = pos;
  segments = undefined;
  flushed = 0;
}

export function byte(value: number): void {
  if (pos >= capacity) grow(1);
  slab[pos++] = value;
}

/** Writes an item's first byte and argument; `major` is already shifted (0x00, 0x20, ... 0xc0). */
export function head(major: number, n: number): void {
  if (pos + 9 > capacity) grow(9);
  if (n < 24) {
    slab[pos++] = major | n;
  } else if (n < 0x100) {
    slab[pos++] = major | 24;
    slab[pos++] = n;
  } else if (n < 0x10000) {
    slab[pos++] = major | 25;
    slab[pos++] = n >> 8;
    slab[pos++] = n;
  } else if (n < 0x100000000) {
    slab[pos++] = major | 26;
    view.setUint32(pos, n);
    pos += 4;
  } else {
    slab[pos++] = major | 27;
    view.setUint32(pos, Math.floor(n / 0x100000000));
    view.setUint32(pos + 4, n >>> 0);
    pos += 8;
  }
}

export function double(value: number): void {
  if (pos + 9 > capacity) grow(9);
  slab[pos++] = 0xfb;
  view.setFloat64(pos, value);
  pos += 8;
}

/** Writes a byte string: a small one is copied, a larger one becomes its own segment. */
export function byteString(bytes: Uint8Array): void {
  const length = bytes.length;
  head(0x40, length);
  raw(bytes, length);
}

function raw(bytes: Uint8Array, length: number): void {
  if (length < SEGMENT_MIN) {
    if (pos + length > capacity) grow(length);
    slab.set(bytes, pos);
    pos += length;
    return;
  }
  if (flushed + (pos - start) + length > maxBytes) throw overflow(flushed + (pos - start) + length);
  if (segments === undefined) segments = [];
  segments.push(slab.subarray(start, pos), bytes);
  flushed += pos - start + length;
  start = pos;
}

export function text(value: string): void {
  const length = value.length;
  if (length >= 24) {
    longText(value);
    return;
  }
  if (pos + 24 > capacity) grow(24);
  let at = pos;
  slab[at++] = 0x60 | length;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 127) {
      longText(value);
      return;
    }
    slab[at++] = unit;
  }
  pos = at;
}

const LONE = /\p{Surrogate}/u;
type WellFormed = { isWellFormed?(): boolean };
const isWellFormed: (this: string) => boolean =
  (String.prototype as WellFormed).isWellFormed ??
  function (this: string) {
    return !LONE.test(this);
  };

function longText(value: string): void {
  if (!isWellFormed.call(value)) {
    head(0xc0, TAG_WTF8);
    byteString(wtf8(value));
    return;
  }
  const env = utf8();
  if (env.write === undefined) {
    const bytes = env.encode(value);
    head(0x60, bytes.length);
    raw(bytes, bytes.length);
    return;
  }
  const length = env.byteLength!(value);
  head(0x60, length);
  if (pos + length > capacity) grow(length);
  pos += env.write(value, slab, pos);
}

function wtf8(value: string): Uint8Array {
  const out: number[] = [];
  for (const char of value) {
    const point = char.codePointAt(0)!;
    if (point < 0x80) out.push(point);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(out);
}
