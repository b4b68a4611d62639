// Mutates bytes of an unknown format.

/** @typedef {import('./random.mjs').Random} Random */
/**
 * Makes an input from another one; `other` is a source of parts.
 * @typedef {(random: Random, input: Uint8Array, other: Uint8Array) => Uint8Array} Mutator
 */

/** Numbers close to bounds that a reader may check wrongly. */
const EDGES = [0, 1, 2, 7, 8, 16, 23, 24, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65535, 65536];
/** @type {readonly bigint[]} */
const WIDE = [
  ...EDGES.map(BigInt),
  ...[31n, 32n, 40n, 47n, 48n, 52n, 53n, 62n, 63n, 64n].flatMap((bits) => [
    (1n << bits) - 1n,
    1n << bits,
    (1n << bits) + 1n,
  ]),
  0x400000n,
  0x40000000n,
];

/** Longest input that a mutator makes, unless it was longer before. */
const MOST_BYTES = 16384;

/** @param {readonly Uint8Array[]} parts */
export function join(parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Replaces `removed` bytes at `at`.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} removed
 * @param {Uint8Array} added
 */
function splice(bytes, at, removed, added) {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at + removed), at + added.length);
  return result;
}

/** A random part of some bytes. @param {Random} random @param {Uint8Array} bytes */
function part(random, bytes) {
  const length = Math.min(bytes.length, random.few(Math.min(bytes.length + 1, 256)));
  const at = random.below(bytes.length - length + 1);
  return bytes.subarray(at, at + length);
}

/** @param {Uint8Array} bytes @param {number} at @param {number} bits */
function flip(bytes, at, bits) {
  bytes[at] = (bytes[at] ?? 0) ^ bits;
}

/** @param {Uint8Array} bytes @param {number} at @param {number} more */
function add(bytes, at, more) {
  bytes[at] = (bytes[at] ?? 0) + more;
}

/** @param {Random} random @param {Uint8Array} bytes */
function writeNumber(random, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = random.pick([1, 2, 4, 4, 8, 8].filter((width) => width <= bytes.length));
  let at = random.below(bytes.length - size + 1);
  // Fields of most formats lie at multiples of their size.
  if (random.below(2) === 0) at -= at % size;
  const little = !random.once(4);
  const number = random.once(4) ? BigInt(random.below(bytes.length + 2)) : random.pick(WIDE);
  if (size === 1) bytes[at] = Number(number & 255n);
  else if (size === 2) view.setUint16(at, Number(number & 65535n), little);
  else if (size === 4) view.setUint32(at, Number(number & 0xffffffffn), little);
  else view.setBigUint64(at, number & 0xffffffffffffffffn, little);
}

/** @param {Random} random @param {Uint8Array} input @param {Uint8Array} other @param {readonly Uint8Array[]} tokens */
function changed(random, input, other, tokens) {
  const bytes = input;
  const at = random.below(bytes.length + 1);
  switch (bytes.length === 0 ? 6 : random.below(13)) {
    case 0:
      flip(bytes, random.below(bytes.length), 1 << random.below(8));
      return bytes;
    case 1:
      bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    case 2:
      add(bytes, random.below(bytes.length), random.below(2) === 0 ? random.few(16) : -random.few(16));
      return bytes;
    case 3:
    case 4:
      writeNumber(random, bytes);
      return bytes;
    case 5: {
      const { length } = part(random, bytes);
      return splice(bytes, Math.min(at, bytes.length - length), length, new Uint8Array(0));
    }
    case 6:
      return splice(
        bytes,
        at,
        0,
        Uint8Array.from({ length: random.few(16) }, () => random.below(256)),
      );
    case 7:
      return splice(bytes, at, 0, part(random, bytes));
    case 8: {
      const copied = part(random, bytes);
      const times = random.few(Math.max(1, Math.min(64, Math.floor((MOST_BYTES - bytes.length) / copied.length))));
      return bytes.length >= MOST_BYTES ? bytes : splice(bytes, at, 0, join(new Array(times).fill(copied)));
    }
    case 9:
      return other.length === 0 ? bytes : splice(bytes, at, 0, part(random, other));
    case 10: {
      if (other.length === 0) return bytes;
      const piece = part(random, other);
      return splice(bytes, at, Math.min(piece.length, bytes.length - at), piece);
    }
    case 11:
      return random.once(4) ? bytes.subarray(0, at) : bytes.fill(random.pick([0, 255, 32]), at, at + random.few(16));
    default: {
      if (tokens.length === 0) return bytes;
      const token = random.pick(tokens);
      return splice(bytes, at, random.below(2) * Math.min(token.length, bytes.length - at), token);
    }
  }
}

/**
 * Flips bits, writes numbers at bounds, removes and repeats parts, inserts parts of other inputs and the tokens.
 * @param {readonly (string | Uint8Array)[]} [dictionary] @returns {Mutator}
 */
export function bytesMutator(dictionary = []) {
  const tokens = dictionary.map((token) => (typeof token === 'string' ? new TextEncoder().encode(token) : token));
  return (random, input, other) => {
    /** @type {Uint8Array} */
    let bytes = input.slice();
    for (let times = random.few(6); times > 0; times--) bytes = changed(random, bytes, other, tokens);
    return bytes.length > MOST_BYTES && bytes.length > input.length ? bytes.subarray(0, MOST_BYTES) : bytes;
  };
}

/**
 * Mutates the inside of an envelope, and closes the envelope again, because an attacker can compute a checksum.
 * @param {(input: Uint8Array) => Uint8Array | undefined} open returns the inside, or undefined if it is damaged
 * @param {(inside: Uint8Array, random: Random) => Uint8Array} close
 * @param {Mutator} mutate @returns {Mutator}
 */
export const within = (open, close, mutate) => (random, input, other) => {
  const inside = open(input) ?? input;
  return close(mutate(random, inside, open(other) ?? other), random);
};
