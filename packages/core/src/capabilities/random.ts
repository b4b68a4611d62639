/** Random bytes of the host, or the same bytes in every call from a seed. */
import { createHash, randomFillSync } from 'node:crypto';
import { joinPath, type OptionReader } from '../options/option-reader.js';
import { plainSection } from './plain.js';
import type { ServedCall } from './section.js';

export interface RandomGrant {
  /** `seed`: every call gets the same numbers. */
  readonly random?: boolean | { readonly seed: number | string };
}

/** Most bytes of one request, as in `crypto.getRandomValues`. */
const MAX_LENGTH = 65536;

export const randomSection = plainSection({
  key: 'random',
  advice: 'add random: true, or seeded: { seed: 1 }',
  globals: ['crypto'],
  readFixed: readSeed,
  hypercalls: {
    'colony:random'(call, seeded, [length]) {
      if (!Number.isInteger(length) || (length as number) < 0 || (length as number) > MAX_LENGTH) {
        throw new RangeError(`random: a length from 0 to ${MAX_LENGTH} is needed`);
      }
      const bytes = new Uint8Array(length as number);
      return seeded === undefined ? randomFillSync(bytes) : seededFill(call, seeded.seed, bytes);
    },
  },
});

function readSeed(written: unknown, reader: OptionReader, path: string): { readonly seed: string } {
  const { seed } = reader.object(written, path, ['seed']);
  if (typeof seed !== 'string' && typeof seed !== 'number')
    reader.fail(joinPath(path, 'seed'), 'a number or a string', seed);
  return { seed: `${typeof seed}:${seed}` };
}

/** Blocks of seeded bytes that each call has used. */
const blocks = new WeakMap<ServedCall, number>();

/** Fills bytes with SHA-256 in counter mode. The counter starts at 0 in each call. */
function seededFill(call: ServedCall, seed: string, bytes: Uint8Array): Uint8Array {
  let counter = blocks.get(call) ?? 0;
  for (let at = 0; at < bytes.length; at += 32) {
    const block = createHash('sha256').update(`${counter++}:${seed}`).digest();
    bytes.set(block.subarray(0, bytes.length - at), at);
  }
  blocks.set(call, counter);
  return bytes;
}
