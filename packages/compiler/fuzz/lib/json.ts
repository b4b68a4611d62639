/**
 * JSON as an input: CBOR stands for the data, which is changed item by item, and a string for text that need not be JSON.
 */
import { ColonyError } from '@colony/core';
import { concat, decode, encode } from '@colony/core/codec';

export const seedOf = (data: unknown): Uint8Array => concat(encode(data)).slice();

/** @throws ColonyError ERR_GUEST_PROTOCOL where the input stands for no text */
export function jsonText(input: Uint8Array): string {
  try {
    const data = decode(input);
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    if (text !== undefined) return text;
  } catch (error) {
    // A bigint, a cycle: nothing of JSON's.
    if (!(error instanceof TypeError)) throw error;
  }
  throw new ColonyError('ERR_GUEST_PROTOCOL', 'no JSON');
}
