/**
 * Decodes CBOR into values. The bytes may be hostile, so every claimed length is compared with the remaining bytes
 * before allocation. Nesting is bounded, memory and time are charged before use, and no assignment goes through a
 * prototype. Runs on Node and in the guest.
 */
import { record } from './decode-object.js';
import { tagged } from './decode-tags.js';
import { decodeUtf8, textOf } from './decode-text.js';
import {
  end,
  finish,
  input,
  item,
  itemWithin,
  length,
  malformed,
  type Paused,
  pause,
  pos,
  rawText,
  resume,
  setDecoders,
  start,
} from './item.js';
import { newKeyCache, swapKeys } from './key-cache.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS } from './limits.js';
import { goOn, isPaused, later, STEP, type Step } from './pause.js';

setDecoders({ record, tagged, textOf });

/**
 * Decodes exactly one value.
 * @throws ColonyError ERR_GUEST_PROTOCOL, or ERR_LIMIT_OUTPUT if the value costs more than `limits` allow
 */
export function decode(bytes: Uint8Array, limits: CodecLimits = DEFAULT_CODEC_LIMITS): unknown {
  start(bytes, limits);
  try {
    return atEnd(item());
  } finally {
    finish();
  }
}

function atEnd(value: unknown): unknown {
  if (pos !== end) throw malformed('there are bytes after its end');
  return value;
}

/** Decodes a message in slices. Other messages may be decoded in between. */
export class SlicedDecoding {
  /** The decoded value, once it is complete. */
  value: unknown;
  #paused: Paused;
  readonly #step: Step;

  constructor(bytes: Uint8Array, limits: CodecLimits, step: Step = STEP) {
    this.#step = step;
    const keys = swapKeys(newKeyCache());
    start(bytes, limits);
    later(item);
    this.#paused = pause(keys);
  }

  /** Progress so far, in bytes of the message and of charged memory. */
  get done(): Step {
    const { pos: bytes, granted, left } = this.#paused;
    return { bytes, cost: granted - left };
  }

  /**
   * Continues decoding for at most a few milliseconds.
   * @returns true once `value` is complete
   * @throws ColonyError as `decode` does; decoding then cannot continue
   */
  step(): boolean {
    const keys = resume(this.#paused, this.#step);
    try {
      const value = goOn(this.#paused.unfinished);
      if (isPaused) return false;
      this.value = atEnd(value);
      return true;
    } finally {
      this.#paused = pause(keys);
    }
  }
}

/**
 * Reads the name of `[name, rest]`, and leaves the rest undecoded. Reads only the first `most` bytes of a longer name.
 * @throws ColonyError ERR_GUEST_PROTOCOL
 */
export function decodeName(bytes: Uint8Array, most: number, limits: CodecLimits): { name: string; rest: Uint8Array } {
  start(bytes, limits);
  try {
    if (length(4, 1) !== 2) throw malformed('it is not of two parts');
    const name = pos < end && input[pos]! >> 5 === 3 ? textUpTo(most) : itemWithin(most);
    if (typeof name !== 'string') throw malformed('it has no name');
    return { name, rest: bytes.subarray(pos) };
  } finally {
    finish();
  }
}

function textUpTo(most: number): string {
  const from = rawText();
  let to = Math.min(pos, from + most);
  // Cuts at the start of a code point.
  while (to < pos && input[to]! >> 6 === 2) to--;
  return decodeUtf8(from, to);
}
