/** Fuzzes the decoder: any bytes are refused, or give a value that survives being sent on. */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { ColonyError } from '../src/errors.js';
import { concat, DEFAULT_CODEC_LIMITS, decode, encode } from '../src/wire/codec/public.js';
import { values, words } from './lib/values.js';

const KIB = 1024;
const LIMITS = { ...DEFAULT_CODEC_LIMITS, allowance: 256 * KIB };
/** Values from longer inputs are decoded, but not encoded again. */
const MOST_AGAIN = 2048;

/** Encodes a decoded value. Decoding never makes functions or symbols, so this always works. */
function sendAgain(value: unknown): Uint8Array {
  return concat(encode(value));
}

function read(input: Uint8Array): unknown {
  const value = decode(input, LIMITS);
  if (input.length > MOST_AGAIN) return value;
  const once = sendAgain(value);
  const twice = sendAgain(decode(once));
  if (Buffer.compare(once, twice) !== 0) throw new Error('what was decoded is another value when it is sent on');
  return value;
}

/** Returns whether a Map contains a Map, or an Error contains an Error that contains an Error. */
const isNested = (value: unknown): boolean =>
  value instanceof Map
    ? [...value.values()].some((entry) => entry instanceof Map)
    : value instanceof Error && value.cause instanceof Error && value.cause.cause instanceof Error;

export const reader = (): Reader => ({
  name: 'codec',
  what: 'any CBOR, as a guest sends it',
  seeds: values.map((value) => concat(encode(value)).slice()),
  mutators: [cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_GUEST_PROTOCOL', 'ERR_LIMIT_OUTPUT'],
  planted: (_input, value) => isNested(value) || value instanceof ColonyError,
  allowance: LIMITS.allowance,
});
