/**
 * JSON as an input. CBOR stands for the data, which is mutated item by item. A string stands for text that need not be
 * JSON.
 */
import { ColonyError } from '@colony/core';
import { concat, decode, encode } from '@colony/core/codec';

export const seedOf = (data: unknown): Uint8Array => concat(encode(data)).slice();

/** @throws ColonyError ERR_GUEST_PROTOCOL if the input stands for no text */
export function jsonText(input: Uint8Array): string {
  try {
    const data = decode(input);
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    if (text !== undefined) return text;
  } catch (error) {
    // A bigint or a cycle has no JSON.
    if (!(error instanceof TypeError)) throw error;
  }
  throw new ColonyError('ERR_GUEST_PROTOCOL', 'no JSON');
}
