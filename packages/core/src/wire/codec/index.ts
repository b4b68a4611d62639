/** The codec: structured-clone semantics over CBOR. See packages/docs/internals/codec.md. */
export { decode, decodeName, SlicedDecoding } from './decode.js';
export { encode, encodeBuffer } from './encode.js';
export {
  type CodecLimits,
  DEFAULT_CODEC_LIMITS,
  type EncodeOptions,
  FRAME_LIMITS,
  installUtf8,
  type Utf8Environment,
} from './limits.js';

/** Returns the bytes of a message in segments. */
export function sizeOf(segments: readonly Uint8Array[]): number {
  let size = 0;
  for (const segment of segments) size += segment.length;
  return size;
}

/** Returns the segments of a message as one array. */
export function concat(segments: readonly Uint8Array[]): Uint8Array {
  if (segments.length === 1) return segments[0]!;
  const whole = new Uint8Array(sizeOf(segments));
  copyInto(whole, segments);
  return whole;
}

/** Copies the segments of a message, one behind the other. */
export function copyInto(target: Uint8Array, segments: readonly Uint8Array[], from = 0): void {
  let at = from;
  for (const segment of segments) {
    target.set(segment, at);
    at += segment.length;
  }
}
