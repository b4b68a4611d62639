/** Damaged files from a seed: the same seed, the same files. */

/** Numbers below `limit` (xorshift32). @param {number} seed */
function random(seed) {
  let state = seed | 1;
  return (/** @type {number} */ limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Numbers on which sizes and sums go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** @typedef {(file: Buffer, random: (limit: number) => number) => Buffer} Damage */
/** @type {Damage[]} */
const DAMAGES = [
  function flippedBit(file, random) {
    const at = random(file.length);
    file.writeUInt8((file[at] ?? 0) ^ (1 << random(8)), at);
    return file;
  },
  function otherByte(file, random) {
    file[random(file.length)] = random(256);
    return file;
  },
  function edgeNumber(file, random) {
    file.writeUInt32BE(EDGES[random(EDGES.length)] ?? 0, random(file.length - 4));
    return file;
  },
  function cutOff(file, random) {
    return file.subarray(0, random(file.length));
  },
  function repeated(file, random) {
    const at = random(file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(random(at + 1))]);
  },
  /** Width, height, depth, colour type and interlacing: what all sizes come from. */
  function header(file, random) {
    file[16 + random(13)] = random(256);
    return file;
  },
];

/** @param {Uint8Array} file @param {number} seed @returns {Buffer} */
export function damaged(file, seed) {
  const next = random(Math.imul(seed + 1, 0x9e3779b1));
  /** @type {Buffer} */
  let copy = Buffer.from(file);
  for (let times = 1 + next(3); times > 0 && copy.length > 32; times--) {
    const damage = /** @type {Damage} */ (DAMAGES[next(DAMAGES.length)]);
    copy = damage(copy, next);
  }
  return copy;
}
