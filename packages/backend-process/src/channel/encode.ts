/** Frames on their way to a child. */
import { HEADER } from './types.js';

/**
 * One frame as bytes of its own: the segments are copied. Without core's codec, which would make the child's bundle three
 * times as large.
 */
export function encodeFrame(call: number, type: number, segments: readonly Uint8Array[]): Uint8Array {
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  const frame = new Uint8Array(HEADER + length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, call, true);
  view.setUint8(8, type);
  let at = HEADER;
  for (const segment of segments) {
    frame.set(segment, at);
    at += segment.length;
  }
  return frame;
}
