/**
 * Counts the cost of the keys of a Map or a Set in the engine's hash table. V8 hashes numbers, bigints and strings that
 * are array indices without a secret. So a guest can choose keys that all fall into one bucket, and each insertion then
 * walks over all keys before it.
 * This counts the same buckets beforehand, so that walks are charged before they happen. Strings and objects are hashed
 * with a secret, so they are not counted.
 */

/** A smaller number of keys costs little in any buckets. */
const FEW = 32;
/** V8 has two entries for each bucket, and doubles its table when that is full. */
const PER_BUCKET = 2;

const bits = new DataView(new ArrayBuffer(8));
const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

/** Returns the low bits of V8's hash of a key, or -1 for a key whose hash has a secret. */
export function hashOf(key: unknown): number {
  switch (typeof key) {
    case 'number':
      if ((key | 0) === key) return hashOf32(key);
      bits.setFloat64(0, key);
      return hashOf64(bits.getInt32(0), bits.getInt32(4));
    case 'bigint':
      // Only the magnitude's lowest 64 bits count: bigints that differ only above them always collide.
      bits.setBigUint64(0, BigInt.asUintN(64, key < 0n ? -BigInt.asUintN(64, key) : key));
      return hashOf64(bits.getInt32(0), bits.getInt32(4));
    case 'string':
      return key.length <= 10 && INDEX.test(key) ? Number(key) & 0x3fffffff : -1;
    default:
      return -1;
  }
}

/** V8's ComputeUnseededHash. */
function hashOf32(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  hash ^= hash >>> 16;
  return hash & 0x3fffffff;
}

/** V8's ComputeLongHash, in two halves, because bigints would take ten times as long. */
function hashOf64(high: number, low: number): number {
  // ~hash + (hash << 18)
  let sum = (~low >>> 0) + ((low << 18) >>> 0);
  let h = (~high + ((high << 18) | (low >>> 14)) + (sum > MAX_32 ? 1 : 0)) | 0;
  let l = sum | 0;
  // hash ^ (hash >> 31)
  l ^= (l >>> 31) | (h << 1);
  h ^= h >>> 31;
  // hash * 21, as hash + (hash << 2) + (hash << 4)
  sum = (l >>> 0) * 21;
  h = (Math.imul(h, 21) + Math.floor(sum / (MAX_32 + 1))) | 0;
  l = sum | 0;
  // hash ^ (hash >> 11)
  l ^= (l >>> 11) | (h << 21);
  h ^= h >>> 11;
  // hash + (hash << 6): from here on, only the lower half and the bits that are folded into it are needed.
  sum = (l >>> 0) + ((l << 6) >>> 0);
  h = (h + ((h << 6) | (l >>> 26)) + (sum > MAX_32 ? 1 : 0)) | 0;
  l = sum | 0;
  l ^= (l >>> 22) | (h << 10);
  return l & 0x3fffffff;
}

const MAX_32 = 0xffffffff;

export class HashChains {
  readonly #hashes: Uint32Array;
  #lengths = new Uint32Array(FEW / PER_BUCKET);
  #count = 0;

  constructor(entries: number) {
    this.#hashes = new Uint32Array(entries);
  }

  /** Returns the number of keys that the engine compares with this one before it inserts it. */
  insert(key: unknown): number {
    const hash = hashOf(key);
    if (hash < 0) return 0;
    if (this.#count === this.#lengths.length * PER_BUCKET) this.#grow();
    this.#hashes[this.#count++] = hash;
    return this.#lengths[hash & (this.#lengths.length - 1)]!++;
  }

  #grow(): void {
    const lengths = new Uint32Array(this.#lengths.length * 2);
    const mask = lengths.length - 1;
    for (let i = 0; i < this.#count; i++) lengths[this.#hashes[i]! & mask]!++;
    this.#lengths = lengths;
  }
}

/** @returns `undefined` for so few entries that their keys need no check */
export function hashChains(entries: number): HashChains | undefined {
  return entries < FEW ? undefined : new HashChains(entries);
}
