/**
 * Finds the strings of keys that already occurred in the same message after the same keys, as in rows of a table. So a
 * row's keys need no new strings. An unknown key makes the engine keep a new string and a new shape of objects. This
 * costs far more than its bytes, and the caller charges it.
 */

/** Longer keys are not cached, because their bytes pay for them. */
export const LONGEST_KEPT = 23;
const PLACES = 4096;

/** The hash of no keys. */
export const NO_KEYS = 0x811c9dc5 | 0;
/** Replaces the hash of the preceding keys in an object whose shape does not depend on them. */
export const ANY_KEYS = 2;

/** The keys of messages that are decoded one after the other. */
export interface KeyCache {
  /** Number of the current message, and the message number of each key. */
  readonly message: number;
  readonly messages: Uint32Array | undefined;
  readonly hashes: Int32Array;
  readonly bytes: Uint8Array;
  readonly names: string[];
}

let message = 0;
/** Made for the first charged message: a guest's engine caches no keys. */
let messages: Uint32Array | undefined;
let hashes: Int32Array;
let bytes: Uint8Array;
let names: string[] = [];

export function newKeyCache(): KeyCache {
  return {
    message: 0,
    messages: new Uint32Array(PLACES),
    hashes: new Int32Array(PLACES),
    bytes: new Uint8Array(PLACES * (LONGEST_KEPT + 1)),
    names: new Array<string>(PLACES).fill(''),
  };
}

/**
 * Switches to these keys.
 * @returns the previous keys
 */
export function swapKeys(keys: KeyCache): KeyCache {
  const before = { message, messages, hashes, bytes, names };
  ({ message, messages, hashes, bytes, names } = keys);
  return before;
}

/** Forgets the keys of the previous message. */
export function startMessage(): void {
  if (messages === undefined) swapKeys(newKeyCache());
  if (++message > 0xffffffff) {
    message = 1;
    messages!.fill(0);
  }
}

/** Returns the hash of a key; `before` is the hash of the keys before it. */
export function hashKey(before: number, input: Uint8Array, from: number, to: number): number {
  let hash = before;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ input[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

const isAt = (place: number, hash: number, input: Uint8Array, from: number, to: number): boolean => {
  if (messages![place] !== message || hashes[place] !== hash) return false;
  let at = place * (LONGEST_KEPT + 1);
  if (bytes[at++] !== to - from) return false;
  for (let i = from; i < to; i++) if (bytes[at++] !== input[i]) return false;
  return true;
};

/** Each key has two places, so that two keys of one hash do not evict each other in every row. */
export function findKey(hash: number, input: Uint8Array, from: number, to: number): string | undefined {
  const place = hash & (PLACES - 2);
  if (isAt(place, hash, input, from, to)) return names[place];
  if (isAt(place + 1, hash, input, from, to)) return names[place + 1];
  return undefined;
}

/** A new key evicts the older one of its two places. */
export function keepKey(hash: number, name: string, input: Uint8Array, from: number, to: number): void {
  const place = hash & (PLACES - 2);
  messages![place + 1] = messages![place]!;
  hashes[place + 1] = hashes[place]!;
  names[place + 1] = names[place]!;
  const at = place * (LONGEST_KEPT + 1);
  bytes.copyWithin(at + LONGEST_KEPT + 1, at, at + LONGEST_KEPT + 1);
  messages![place] = message;
  hashes[place] = hash;
  names[place] = name;
  bytes[at] = to - from;
  for (let i = from; i < to; i++) bytes[at + 1 + i - from] = input[i]!;
}
