/**
 * Costs of values beyond their bytes on the wire. A price is in bytes of host memory, or in time if that is dearer (1.6
 * ns are one byte: see `MEMORY_PER_BYTE`). Measured on Node 20. Tests decode the worst known frames and search for
 * worse ones (`packages/core/test/decode-costs.test.ts`). They fail if a price is far too low.
 */

/** One reference in a container. */
export const SLOT = 8;
export const ARRAY = 72;
export const OBJECT = 72;
export const PROPERTY = 12;
/** Objects with more keys than this are dictionaries in the engine, in which each key costs. */
export const MANY_KEYS = 16;
export const DICTIONARY_PROPERTY = 64;
/** A new key: the engine makes a string that it can find by content. */
export const NEW_KEY = 300;
/** A key that follows others for the first time: the engine makes a shape for such objects. */
export const NEW_SHAPE = 400;
/** The first key of an object that is an array index, and each such key. */
export const ELEMENTS = 280;
export const ELEMENT = 40;
export const STRING = 24;
export const SHORT_STRING_BYTE = 16;
export const WTF8_BYTE = 10;
export const BIGINT = 40;
export const BIGINT_BYTE = 10;
export const DATE = 150;
export const BYTES = 200;
export const BUFFER = 700;
export const MAP = 220;
export const MAP_ENTRY = 80;
export const SET = 200;
export const SET_ENTRY = 72;
/** Tables of more entries than this do not fit into a processor's caches, so each entry costs more. */
const MANY_ENTRIES = 131072;
const FAR_ENTRY = 120;

/** Returns the price of `n` entries of a Map, a Set or a dictionary, each at `price`. */
export function entries(n: number, price: number): number {
  return n * (n > MANY_ENTRIES ? price + FAR_ENTRY : price);
}

/** A comparison with another key of the same bucket. */
export const CHAIN_STEP = 4;
export const ERROR = 1200;
export const ERROR_FIELD = 300;
export const BOXED = 64;
export const SHARED = 32;
export const REGEXP = 400;
/** A character of a pattern: with neither flag u nor v, with one of them, and with flag i in addition. */
export const PATTERN = 256;
export const UNICODE_PATTERN = 512;
export const FOLDED_PATTERN = 8192;
/** A class by property, `\p{L}`, with flag u. Flag v doubles the price; flag i quadruples it. */
export const PROPERTY_CLASS = 65536;
/** A class that is a set of strings, which only flag v has. With flag i it takes tens of milliseconds. */
export const STRINGS_CLASS = 4194304;
export const FOLDED_STRINGS_CLASS = 7340032;
