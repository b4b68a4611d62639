/**
 * The message that is being decoded, and its next item. Large items (objects, tags, text) have their own files, which
 * call `item` for their parts. `decode.ts` passes them in with `setDecoders`.
 */
import { ColonyError } from '../../errors.js';
import { type KeyCache, startMessage, swapKeys } from './key-cache.js';
import { type CodecLimits, MEMORY_PER_BYTE, TAG_SHAREABLE, TAG_SHARED_REF, utf8 } from './limits.js';
import {
  type Continuation,
  isPaused,
  later,
  pauseAt,
  type Step,
  setPauseAt,
  startInOneGo,
  takeUnfinished,
} from './pause.js';
import * as price from './prices.js';

/** Registers a container before decoding its contents, so that cycles can refer to it. */
export type Announce = (value: object) => void;

interface Decoders {
  /** Decodes a string of `n` bytes. */
  textOf(n: number): unknown;
  /** Decodes an object of `n` properties. */
  record(n: number): unknown;
  tagged(tag: number, announce: Announce): unknown;
}

let textOf: Decoders['textOf'];
let record: Decoders['record'];
let tagged: Decoders['tagged'];

export function setDecoders(decoders: Decoders): void {
  ({ textOf, record, tagged } = decoders);
}

export let input: Uint8Array = new Uint8Array(0);
let view: DataView | undefined;
/** Position of the next byte to read. */
export let pos = 0;
export let end = 0;
let depth = 0;
/** The rest of `granted` for this step. */
let budget = 0;
let granted = 0;
/** The rest of `granted` for later steps. */
let reserve = 0;
/** False for a message from a trusted sender. */
export let isCharged = false;
/** Objects that a reference may name; `undefined` until made. */
let shared: unknown[] | undefined;
/** The number in `shared` for the next container, or -1. */
export let claim = -1;
/** ASCII up to this length is decoded byte by byte. */
export let inline = 0;

export function malformed(what: string): ColonyError {
  speakUp();
  return new ColonyError('ERR_GUEST_PROTOCOL', `the message is not well-formed: ${what} (at byte ${pos} of ${end})`);
}

function tooCostly(): ColonyError {
  speakUp();
  const message =
    `a message of ${end} bytes may cost at most ${granted} bytes of the host's memory, or the time to fill them ` +
    `(${MEMORY_PER_BYTE} for each byte, and an allowance), and this one costs more: send fewer, larger values`;
  return new ColonyError('ERR_LIMIT_OUTPUT', message, { details: { limit: granted, bytes: end } });
}

/** Refuses a container so large that the engine would make or enlarge it in one go and block the event loop. */
export function checkSize(size: number, most: number, container: string, parts: string): void {
  if (size <= most || !isCharged) return;
  speakUp();
  const message = `a message may hold no ${container} of more than ${most} ${parts}: send smaller ones`;
  throw new ColonyError('ERR_LIMIT_OUTPUT', message, { details: { limit: most } });
}

/** The value of `Error.stackTraceLimit` before `hush`. */
let loud: number | undefined;

/** Stops capturing the host's stacks for the guest's errors, because a stack costs twenty times the error. */
export function hush(): void {
  const { stackTraceLimit } = Error;
  // It may be read-only, if the host hardens its intrinsics.
  if (typeof stackTraceLimit === 'number' && stackTraceLimit > 0 && Reflect.set(Error, 'stackTraceLimit', 0)) {
    loud = stackTraceLimit;
  }
}

function speakUp(): void {
  if (loud !== undefined) Reflect.set(Error, 'stackTraceLimit', loud);
  loud = undefined;
}

/** The state of a message whose decoding is paused. */
export interface Paused {
  readonly input: Uint8Array;
  readonly pos: number;
  readonly depth: number;
  /** The rest of `granted`. */
  readonly left: number;
  readonly granted: number;
  readonly shared: unknown[] | undefined;
  readonly claim: number;
  readonly keys: KeyCache;
  readonly unfinished: readonly Continuation[];
}

/** Pauses the message; `keys` are those of other messages. */
export function pause(keys: KeyCache): Paused {
  const unfinished = takeUnfinished();
  const left = budget + reserve;
  const paused = { input, pos, depth, left, granted, shared, claim, keys: swapKeys(keys), unfinished };
  finish();
  return paused;
}

/** @returns the keys of other messages */
export function resume(paused: Paused, step: Step): KeyCache {
  ({ input, pos, depth, granted, shared, claim } = paused);
  view = undefined;
  end = input.length;
  isCharged = paused.left < Number.POSITIVE_INFINITY;
  budget = Math.min(paused.left, step.cost);
  reserve = paused.left - budget;
  setPauseAt(Math.min(pos + step.bytes, end));
  return swapKeys(paused.keys);
}

/** Decodes an item of at most `most` bytes. */
export function itemWithin(most: number): unknown {
  const wholeEnd = end;
  end = Math.min(end, pos + most);
  const value = item();
  end = wholeEnd;
  return value;
}

export function start(bytes: Uint8Array, limits: CodecLimits): void {
  if (bytes.length > limits.maxBytes) {
    throw new ColonyError('ERR_GUEST_PROTOCOL', `the message has ${bytes.length} bytes, more than ${limits.maxBytes}`);
  }
  input = bytes;
  view = undefined;
  pos = 0;
  end = bytes.length;
  startInOneGo(end);
  depth = limits.maxDepth;
  granted = limits.allowance + MEMORY_PER_BYTE * end;
  budget = granted;
  reserve = 0;
  isCharged = budget < Number.POSITIVE_INFINITY;
  if (isCharged) startMessage();
  shared = undefined;
  claim = -1;
  inline = utf8().inline;
}

export function finish(): void {
  speakUp();
  shared = undefined;
  input = EMPTY;
  view = undefined;
}

const EMPTY = new Uint8Array(0);

/** Decodes the next value. */
export function item(): unknown {
  if (pos >= end) throw malformed('it ends too early');
  const initial = input[pos++]!;
  const info = initial & 31;
  if (initial >= 0xe0) return simple(info);
  const n = info < 24 ? info : argument(info);
  switch (initial >> 5) {
    case 0:
      return n > 9007199254740991 ? bigArgument() : n;
    case 1:
      return n > 9007199254740991 ? -1n - bigArgument() : -1 - n;
    case 2:
      return bytesOf(n);
    case 3:
      return textOf(n);
    case 4:
      return array(n);
    case 5:
      return record(n);
    default:
      return tag(n);
  }
}

function argument(info: number): number {
  const at = pos;
  if (info === 24) {
    pos = at + 1;
    if (pos > end) throw malformed('it ends too early');
    return input[at]!;
  }
  if (info > 27) throw malformed('indefinite lengths are not used');
  pos = at + (1 << (info - 24));
  if (pos > end) throw malformed('it ends too early');
  if (info === 25) return (input[at]! << 8) | input[at + 1]!;
  view ??= new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (info === 26) return view.getUint32(at);
  return view.getUint32(at) * 0x100000000 + view.getUint32(at + 4);
}

/** The argument just read, if it is not a safe integer. */
const bigArgument = () => view!.getBigUint64(pos - 8);

function simple(info: number): unknown {
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 23:
      return undefined;
    case 25:
      return half(argument(25));
    case 26:
      argument(26);
      return view!.getFloat32(pos - 4);
    case 27:
      argument(27);
      return view!.getFloat64(pos - 8);
    default:
      throw malformed(`simple value ${info} has no meaning here`);
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

/** Charges the cost of a value before it is made. */
export function spend(cost: number): void {
  budget -= cost;
  if (budget < 0) useReserve();
}

/** The step has used its share. The reserve may be spent until decoding pauses. */
function useReserve(): void {
  budget += reserve;
  reserve = 0;
  if (budget < 0) throw tooCostly();
  setPauseAt(-1);
}

/**
 * The engine keeps byte arrays up to this length in its own heap until their buffer is requested: ten times cheaper.
 */
const SMALL_BYTES = 64;

function bytesOf(n: number): Uint8Array {
  checkDepth();
  const at = skip(n);
  if (n > SMALL_BYTES) return new Uint8Array(buffer(at));
  spend(price.BYTES + n);
  const result = new Uint8Array(n);
  if (n > inline) result.set(input.subarray(at, pos));
  else for (let i = 0; i < n; i++) result[i] = input[at + i]!;
  return result;
}

/** Skips the content of a string, and returns where it starts. */
export function skip(n: number): number {
  if (n > end - pos) throw malformed('a string is longer than the rest');
  pos += n;
  return pos - n;
}

function buffer(at: number): ArrayBuffer {
  spend(price.BUFFER + pos - at);
  return (input.buffer as ArrayBuffer).slice(input.byteOffset + at, input.byteOffset + pos);
}

/** Moves to `position`: its byte is read next. */
export function moveTo(position: number): void {
  pos = position;
}

/** Reads the head of a string and skips its content, which is `input` from the result to `pos`. */
export function rawText(): number {
  return skip(lengthIn(input[pos++]!));
}

/** Reads the head of a byte string and skips its content, which is `input` from the result to `pos`. */
export function rawBytes(): number {
  const initial = pos < end ? input[pos++]! : 0xff;
  if (initial >> 5 !== 2) throw malformed('a tag needs a byte string');
  return skip(lengthIn(initial));
}

/** Reads a byte string into its own buffer. */
export function rawBuffer(): ArrayBuffer {
  return buffer(rawBytes());
}

// Each object is one level, however it is written, as `encode` counts. So every encoded value can be decoded.
export function enter(): void {
  if (--depth < 0) throw malformed('it is nested too deeply');
}

/** Checks the depth for an object that contains no other. */
export function checkDepth(): void {
  if (depth <= 0) throw malformed('it is nested too deeply');
}

/** Makes `value` the target of references to the container being decoded. */
export function take(value: object): void {
  if (claim >= 0) shared![claim] = value;
  claim = -1;
}

/** The engine needs more than 50 ms to allocate a longer array. */
const MOST_ITEMS = 8388608;

function array(n: number): unknown {
  if (n > end - pos) throw malformed('an array is longer than the rest');
  checkSize(n, MOST_ITEMS, 'array', 'items');
  enter();
  spend(price.ARRAY + price.SLOT * n);
  // Allocates the exact length, because a growing array reserves 17 items for its first one.
  const result: unknown[] = n === 0 || n > MOST_ITEMS ? [] : new Array(n);
  if (claim >= 0) take(result);
  return items(result, n, 0);
}

function items(result: unknown[], n: number, from: number): unknown {
  for (let i = from; i < n; i++) {
    if (pos > pauseAt) return itemsLater(result, n, i);
    const value = item();
    if (isPaused) return itemLater(result, n, i);
    result[i] = value;
  }
  depth++;
  return result;
}

// Separate functions make the closures. In the loop itself, they would slow down decoding that never pauses.
const itemsLater = (result: unknown[], n: number, i: number) => later(() => items(result, n, i));

function itemLater(result: unknown[], n: number, i: number): undefined {
  return later((value) => {
    result[i] = value;
    return items(result, n, i + 1);
  });
}

/** Reads the head of a container of the wanted major type, and returns its length. */
export function length(major: number, perItem: number): number {
  const initial = pos < end ? input[pos++]! : 0xff;
  if (initial >> 5 !== major) throw malformed('a tag has the wrong content');
  const n = lengthIn(initial);
  if (n * perItem > end - pos) throw malformed('a collection is longer than the rest');
  return n;
}

const lengthIn = (initial: number): number => ((initial & 31) < 24 ? initial & 31 : argument(initial & 31));

export function leave(): void {
  depth++;
}

/** Leaves the container and returns its value, for which an outer container waits. */
export function leaveWith(value: unknown): unknown {
  depth++;
  return value;
}

function tag(number: number): unknown {
  if (number === TAG_SHARED_REF) return reference();
  if (number === TAG_SHAREABLE) return shareable();
  const mine = claim;
  claim = -1;
  return tagged(number, mine >= 0 ? (value) => announce(mine, value) : nothing);
}

const nothing = () => {};

function announce(index: number, value: object): void {
  shared![index] = value;
}

function shareable(): unknown {
  if (claim >= 0) throw malformed('an object is shared twice');
  shared ??= [];
  const index = shared.length;
  shared.push(undefined);
  claim = index;
  spend(price.SHARED);
  const value = item();
  return isPaused ? later((whole) => share(index, whole)) : share(index, value);
}

function share(index: number, value: unknown): object {
  claim = -1;
  if (typeof value !== 'object' || value === null) throw malformed('only objects can be shared');
  shared![index] = value;
  return value;
}

function reference(): object {
  // A number is never decoded in parts.
  const index = pos < end && input[pos]! >> 5 === 0 ? item() : undefined;
  const value = typeof index === 'number' ? shared?.[index] : undefined;
  if (value === undefined) throw malformed('a reference to an object that is not there');
  return value as object;
}
