/** Streams of frames as inputs: whole frames are changed, with lengths that are right. */
import { bytesMutator } from '../../../../scripts/fuzz/bytes.mjs';
import type { Mutator } from '../../../../scripts/fuzz/reader.mjs';
import { encodeFrame } from '../../src/channel/encode.js';
import { HEADER } from '../../src/channel/types.js';

export interface Part {
  readonly call: number;
  readonly type: number;
  readonly payload: Uint8Array;
}

export const streamOf = (parts: readonly Part[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map(({ call, type, payload }) => encodeFrame(call, type, [payload]))));

function partsOf(stream: Uint8Array): Part[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const parts: Part[] = [];
  for (let at = 0; at + HEADER <= stream.length; ) {
    const length = Math.min(view.getUint32(at, true), stream.length - at - HEADER);
    const payload = stream.subarray(at + HEADER, at + HEADER + length);
    parts.push({ call: view.getUint32(at + 4, true), type: stream[at + 8]!, payload });
    at += HEADER + length;
  }
  return parts;
}

const mutate = bytesMutator();

/** `types` and `calls` that mean something. */
export const framesMutator =
  (types: readonly number[], calls: readonly number[]): Mutator =>
  (random, input, other) => {
    const parts = partsOf(input);
    if (parts.length === 0) return mutate(random, input, other);
    const at = random.below(parts.length);
    const part = parts[at]!;
    switch (random.below(7)) {
      case 0:
        parts.splice(at, 1);
        break;
      case 1:
        parts.splice(random.below(parts.length + 1), 0, ...new Array(random.few(4)).fill(part));
        break;
      case 2:
        parts[at] = { ...part, type: random.pick(types) };
        break;
      case 3:
        parts[at] = { ...part, call: random.pick(calls) };
        break;
      case 4:
        parts.push(...partsOf(other).slice(0, 4));
        break;
      default:
        parts[at] = { ...part, payload: mutate(random, part.payload, other) };
    }
    return streamOf(parts);
  };

/** The same bytes in portions, which the length of the stream decides. */
export function portions(stream: Uint8Array): Uint8Array[] {
  const step = [stream.length, 1 + (stream.length >> 1), 13, 4096][stream.length & 3]!;
  const list: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += step) list.push(stream.subarray(at, at + step));
  return list;
}
