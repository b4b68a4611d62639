/**
 * CBOR to values, for bytes that may be hostile: every claimed length is compared with what is left
 * before anything is allocated, nesting is bounded, memory and time are charged before they are spent,
 * and nothing is assigned through a prototype. Runs on Node and in the guest.
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
 * @throws ColonyError ERR_GUEST_PROTOCOL, or ERR_LIMIT_OUTPUT where the value costs more than `limits` allow.
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

/** A message that is being decoded in slices. Others may be decoded in between. */
export class SlicedDecoding {
  /** The decoded value, once there is one. */
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

  /** What is done so far, in bytes of the message and of charged memory. */
  get done(): Step {
    const { pos: bytes, granted, left } = this.#paused;
    return { bytes, cost: granted - left };
  }

  /**
   * Decodes on for a few milliseconds at most. @returns true once `value` is there.
   * @throws ColonyError as `decode` does; then there is nothing to go on with.
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
 * Reads `[name, rest]` up to its rest, which is not looked at. Of a name longer than `most` bytes only the first ones
 * are read. @throws ColonyError ERR_GUEST_PROTOCOL
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
  // Not within a letter.
  while (to < pos && input[to]! >> 6 === 2) to--;
  return decodeUtf8(from, to);
}
