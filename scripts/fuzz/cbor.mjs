// Mutates CBOR item by item, so that most results are well-formed and fail, if at all, deep inside a reader.
import { bytesMutator, join } from './bytes.mjs';

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./bytes.mjs').Mutator} Mutator */

/**
 * One item: `start` to `head` is its head, `head` to `end` its contents. `count` is its argument, and `parent` the
 * index of the item that holds it, or -1. In a map, keys are at even places.
 * @typedef {{ start: number, head: number, end: number, major: number, count: number, parent: number, place: number }}
 * Item
 */

const MOST_ITEMS = 4096;

/** @type {WeakMap<Uint8Array, Item[]>} */
const known = new WeakMap();

/** All items, also of truncated bytes or with bytes after the end. @param {Uint8Array} bytes */
export function itemsOf(bytes) {
  let items = known.get(bytes);
  if (items === undefined) {
    items = [];
    read(bytes, 0, -1, 0, 0, items);
    known.set(bytes, items);
  }
  return items;
}

/** @param {Uint8Array} bytes @param {number} start @param {number} parent @param {number} place @param {number} depth @param {Item[]} items @returns {number} where it ends, or -1 */
function read(bytes, start, parent, place, depth, items) {
  if (start >= bytes.length || items.length >= MOST_ITEMS || depth > 300) return -1;
  const initial = /** @type {number} */ (bytes[start]);
  const major = initial >> 5;
  const info = initial & 31;
  const size = info < 24 ? 0 : info > 27 ? -1 : 1 << (info - 24);
  if (size < 0 || start + 1 + size > bytes.length) return -1;
  let count = info;
  if (size > 0) {
    count = 0;
    for (let i = 1; i <= size; i++) count = count * 256 + /** @type {number} */ (bytes[start + i]);
  }
  const head = start + 1 + size;
  const index = items.length;
  const item = { start, head, end: head, major, count, parent, place };
  items.push(item);
  if (major === 2 || major === 3) item.end = head + count;
  const held = major === 4 ? count : major === 5 ? 2 * count : major === 6 ? 1 : 0;
  for (let i = 0; i < held; i++) {
    const end = read(bytes, item.end, index, i, depth + 1, items);
    if (end < 0) {
      item.end = -1;
      break;
    }
    item.end = end;
  }
  if (item.end < 0 || item.end > bytes.length) {
    items.length = index; // an incomplete item, so its contents are incomplete, too
    return -1;
  }
  return item.end;
}

/** @param {number} major @param {number} count */
function headOf(major, count) {
  const first = major << 5;
  if (count < 24) return Uint8Array.of(first | count);
  if (count < 256) return Uint8Array.of(first | 24, count);
  if (count < 65536) return Uint8Array.of(first | 25, count >> 8, count);
  const bytes = new Uint8Array(count < 4294967296 ? 5 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = first | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) view.setUint32(1, count);
  else view.setBigUint64(1, BigInt(count));
  return bytes;
}

const COUNTS = [0, 1, 2, 23, 24, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53];
/** Tags that the codec knows, and some that it does not know. */
const TAGS = [0, 1, 2, 3, 27, 28, 29, 64, 68, 69, 70, 71, 72, 77, 78, 79, 85, 86, 258, 259, 273, 21066, 55799];
const SIMPLE = [0xf4, 0xf5, 0xf6, 0xf7, 0xe0, 0xf8, 0xff, 0xf9, 0xfa, 0xfb];

/** @param {string} text */
const textItem = (text) => {
  const bytes = new TextEncoder().encode(text);
  return join([headOf(3, bytes.length), bytes]);
};

/** @param {Random} random @param {readonly string[]} words @returns {Uint8Array} */
function newItem(random, words) {
  switch (random.below(8)) {
    case 0:
      return headOf(random.below(2), random.pick(COUNTS));
    case 1:
      return Uint8Array.of(
        random.pick(SIMPLE),
        ...Array.from({ length: random.pick([0, 0, 2, 4, 8]) }, () => random.below(256)),
      );
    case 2:
      return join([headOf(2, random.below(9)), new Uint8Array(8)]).subarray(0, 9);
    case 3:
      return headOf(4 + random.below(2), 0);
    case 4:
      return join([headOf(6, random.pick(TAGS)), random.once(2) ? newItem(random, words) : headOf(2, 0)]);
    case 5:
      return Uint8Array.of(
        0xfb,
        ...Array.from({ length: 8 }, () => random.pick([0, 0x3f, 0x7f, 0xf0, 0xff, random.below(256)])),
      );
    default:
      return words.length > 0 ? textItem(random.pick(words)) : headOf(3, 0);
  }
}

/**
 * The bytes with one item's span replaced by some items; if their number changes, the count of the parent is corrected,
 * unless it is wrong on purpose.
 * @param {Uint8Array} bytes
 * @param {readonly Item[]} items
 * @param {Item} item
 * @param {number} start
 * @param {number} end
 * @param {Uint8Array} by
 * @param {number} more
 */
function put(bytes, items, item, start, end, by, more) {
  const parent = item.parent < 0 ? undefined : items[item.parent];
  if (more === 0 || parent === undefined || parent.major === 6)
    return join([bytes.subarray(0, start), by, bytes.subarray(end)]);
  return join([
    bytes.subarray(0, parent.start),
    headOf(parent.major, Math.max(0, parent.count + more)),
    bytes.subarray(parent.head, start),
    by,
    bytes.subarray(end),
  ]);
}

/** Chooses an edit; edits that keep most inputs well-formed are more frequent. */
const EDITS = [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 9, 9, 10];

/** @param {Random} random @param {Uint8Array} bytes @param {Uint8Array} other @param {readonly string[]} words @param {Mutator} mutate @returns {Uint8Array} */
function edit(random, bytes, other, words, mutate) {
  const items = itemsOf(bytes);
  if (items.length === 0) return mutate(random, bytes, other);
  const item = random.pick(items);
  const { start, head, end } = item;
  const whole = bytes.subarray(start, end);
  /** @param {Uint8Array} by */
  const replaced = (by) => join([bytes.subarray(0, start), by, bytes.subarray(end)]);
  const parent = item.parent < 0 ? undefined : items[item.parent];
  // The pair that contains the item, if a map holds it.
  const isPair = parent?.major === 5;
  const sibling = isPair
    ? items.find((candidate) => candidate.parent === item.parent && candidate.place === (item.place ^ 1))
    : undefined;
  const from = Math.min(start, sibling?.start ?? start);
  const to = Math.max(end, sibling?.end ?? end);
  switch (random.pick(EDITS)) {
    case 0:
      return replaced(newItem(random, words));
    case 1: {
      const sources = itemsOf(other);
      const source = sources.length === 0 ? item : random.pick(sources);
      return replaced(sources.length === 0 ? whole : other.subarray(source.start, source.end));
    }
    case 2: {
      const source = random.pick(items);
      return replaced(bytes.subarray(source.start, source.end));
    }
    case 3:
      return put(bytes, items, item, from, to, new Uint8Array(0), -1);
    case 4: {
      const times = random.few(random.once(8) ? 200 : 3);
      const pair = bytes.subarray(from, to);
      return put(bytes, items, item, from, from, join(new Array(times).fill(pair)), times);
    }
    case 5: {
      const added = isPair ? join([newItem(random, words), newItem(random, words)]) : newItem(random, words);
      return put(bytes, items, item, from, from, added, 1);
    }
    case 6: {
      // Wrapped: in a tag, in arrays, or as the target of a reference.
      const wrap = random.pick([headOf(6, random.pick(TAGS)), headOf(4, 1), headOf(6, 28)]);
      return replaced(join([...new Array(random.once(6) ? random.few(140) : 1).fill(wrap), whole]));
    }
    case 7:
      return replaced(join([headOf(6, 29), headOf(0, random.below(4))]));
    case 8: {
      // Another argument before the same content: wrong, except for numbers and tags.
      const count = random.once(2) ? item.count + random.pick([-1, 1]) : random.pick(item.major === 6 ? TAGS : COUNTS);
      return join([bytes.subarray(0, start), headOf(item.major, Math.max(0, count)), bytes.subarray(head)]);
    }
    case 9: {
      if (item.major === 0 || item.major === 1)
        return replaced(headOf(random.below(2), random.once(2) ? random.pick(COUNTS) : random.below(300)));
      if (item.major !== 2 && item.major !== 3) return replaced(newItem(random, words));
      const content = mutate(random, bytes.subarray(head, end), other);
      return replaced(join([headOf(item.major, content.length), content]));
    }
    default:
      return mutate(random, bytes, other);
  }
}

/**
 * Replaces, removes, repeats, wraps and copies items, with right or wrong counts.
 * @param {readonly string[]} [words] texts with a meaning for the reader @returns {Mutator}
 */
export function cborMutator(words = []) {
  const mutate = bytesMutator(words);
  return (random, input, other) => {
    let bytes = input;
    for (let times = random.few(4); times > 0; times--) bytes = edit(random, bytes, other, words, mutate);
    return bytes === input ? input.slice() : bytes;
  };
}
