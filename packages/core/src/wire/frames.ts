/**
 * The frames that cross between host and guest (see contracts.md), as typed functions over the codec. Host and guest
 * share this file.
 */

import { ColonyError, type GuestErrorInfo } from '../errors.js';
import { FRAME_BATCH, FRAME_CALL, FRAME_LOAD } from './abi.generated.js';
import {
  type CodecLimits,
  DEFAULT_CODEC_LIMITS,
  decode,
  decodeName,
  type EncodeOptions,
  encode,
  encodeBuffer,
} from './codec/index.js';

export { FRAME_BATCH, FRAME_CALL, FRAME_LOAD };

/** `[0, value]` or `[1, error]`: results, replies and rows. */
export type Outcome = readonly [0, unknown] | readonly [1, GuestErrorInfo];
export type LoadFrame = readonly [typeof FRAME_LOAD, string, string, Record<string, string>];
export type CallFrame = readonly [typeof FRAME_CALL, string, readonly unknown[]];
export type BatchFrame = readonly [typeof FRAME_BATCH, string, readonly (readonly unknown[])[]];
export type RequestFrame = LoadFrame | CallFrame | BatchFrame;

const toGuest = (root: string): EncodeOptions => ({ root, frame: true, omitStacks: true, overflow: 'ERR_LIMIT_INPUT' });
const ARGS: EncodeOptions = { ...toGuest('args'), refuseThrown: true };
const ROWS: EncodeOptions = { ...toGuest('rows'), refuseThrown: true };
const REPLY: EncodeOptions = { ...toGuest('reply'), overflow: 'ERR_LIMIT_INPUT' };
const SOURCE: EncodeOptions = { root: 'program', overflow: 'ERR_LIMIT_INPUT' };

export function encodeLoad(filename: string, source: string, modules: Readonly<Record<string, string>>): Uint8Array[] {
  return encode([FRAME_LOAD, filename, source, modules], DEFAULT_CODEC_LIMITS, SOURCE);
}

/**
 * `roots` are the places of the program's files, each with whether it is a file rather than a directory. `serves`: the
 * program serves calls itself.
 */
export function encodeLinuxLoad(
  filename: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  roots: readonly (readonly [path: string, isFile: boolean])[],
  serves: boolean,
): Uint8Array[] {
  return encode([FRAME_LOAD, filename, args, env, roots, serves], DEFAULT_CODEC_LIMITS, SOURCE);
}

export function encodeCall(name: string, args: readonly unknown[], limits: CodecLimits): Uint8Array[] {
  return encode([FRAME_CALL, name, args], limits, ARGS);
}

export function encodeBatch(name: string, rows: readonly (readonly unknown[])[], limits: CodecLimits): Uint8Array[] {
  return encode([FRAME_BATCH, name, rows], limits, ROWS);
}

export function encodeReply(value: unknown, limits: CodecLimits): Uint8Array[] {
  return encode([0, value], limits, REPLY);
}

export function encodeErrorReply(error: GuestErrorInfo, limits: CodecLimits): Uint8Array[] {
  return encode([1, error], limits, REPLY);
}

function malformed(what: string): ColonyError {
  return new ColonyError('ERR_GUEST_PROTOCOL', `the guest sent a frame that breaks the protocol: ${what}`);
}

/** Checks that a decoded value is an outcome, including the strings of an error. */
export function asOutcome(value: unknown): Outcome {
  if (!Array.isArray(value) || value.length !== 2) throw malformed('a result needs two parts');
  if (value[0] === 0) return value as unknown as Outcome;
  if (value[0] !== 1) throw malformed('a result starts with 0 or 1');
  return [1, asGuestError(value[1])];
}

/** Most characters of the texts of an error, because people read them and host code searches them. */
const MOST_CHARACTERS = { name: 1024, message: 65536, stack: 65536, code: 1024 } as const;

/** Returns a copy with the known properties. Texts that are too long are cut. */
function asGuestError(value: unknown): GuestErrorInfo {
  const error = value as Record<string, unknown> | null;
  if (typeof error !== 'object' || error === null) throw malformed('an error is an object');
  const info: Record<string, unknown> = {};
  for (const key of ['name', 'message', 'stack', 'code'] as const) {
    if (!Object.hasOwn(error, key)) {
      if (key === 'name' || key === 'message') throw malformed(`an error needs a ${key}`);
      continue;
    }
    const text = error[key];
    if (typeof text !== 'string') throw malformed(`an error's ${key} is a string`);
    info[key] = cut(text, MOST_CHARACTERS[key]);
  }
  if (Object.hasOwn(error, 'value')) info.value = error.value;
  return info as unknown as GuestErrorInfo;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}... (${text.length - most} characters more)`;
}

export function decodeResult(frame: Uint8Array, limits: CodecLimits): Outcome {
  return asOutcome(decode(frame, limits));
}

/** @returns one outcome per row, or one error for all */
export function decodeBatchResult(frame: Uint8Array, rows: number, limits: CodecLimits): Outcome[] | GuestErrorInfo {
  return asBatchResult(decodeResult(frame, limits), rows);
}

/** Returns the result of a batch whose frame is already decoded. */
export function asBatchResult(whole: Outcome, rows: number): Outcome[] | GuestErrorInfo {
  if (whole[0] === 1) return whole[1];
  const list = whole[1];
  if (!Array.isArray(list) || list.length !== rows) throw malformed(`a batch of ${rows} rows needs as many results`);
  return list.map(asOutcome);
}

/** @returns the names of the program's exported functions, or the error */
export function decodeLoadResult(frame: Uint8Array, limits: CodecLimits): string[] | GuestErrorInfo {
  const whole = decodeResult(frame, limits);
  if (whole[0] === 1) return whole[1];
  const names = whole[1];
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) throw malformed('exports are names');
  return names;
}

export interface HypercallFrame {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** A hypercall whose arguments are still bytes. */
export interface UnreadHypercall {
  readonly name: string;
  /** The bytes of the arguments. */
  readonly rest: Uint8Array;
  /**
   * Decodes the arguments.
   * @throws ColonyError ERR_GUEST_PROTOCOL, ERR_LIMIT_OUTPUT
   */
  readArguments(): readonly unknown[];
}

/** More than the longest name of a host function. Only the beginning of a longer name is needed. */
const MOST_NAME_BYTES = 1024;

/**
 * Reads the name of a hypercall, in time independent of its arguments.
 * @throws ColonyError ERR_GUEST_PROTOCOL
 */
export function openHypercall(frame: Uint8Array, limits: CodecLimits): UnreadHypercall {
  const { name, rest } = decodeName(frame, MOST_NAME_BYTES, limits);
  return { name, rest, readArguments: () => asArguments(decode(rest, limits)) };
}

/**
 * Checks the decoded arguments of a hypercall.
 * @throws ColonyError ERR_GUEST_PROTOCOL
 */
export function asArguments(args: unknown): readonly unknown[] {
  if (!Array.isArray(args)) throw malformed('a hypercall is a name and arguments');
  return args;
}

export function decodeHypercall(frame: Uint8Array, limits: CodecLimits): HypercallFrame {
  const call = openHypercall(frame, limits);
  return { name: call.name, args: call.readArguments() };
}

// The guest side. It trusts its host, which bounds the messages that it sends.
const GUEST_LIMITS: CodecLimits = {
  maxBytes: 2 ** 31,
  maxDepth: DEFAULT_CODEC_LIMITS.maxDepth,
  allowance: Number.POSITIVE_INFINITY,
};
/** A batch puts two lists more around each result: the rows, and the row's outcome. */
const BATCH_LEVELS = 2;
/** Limits of a result alone, so that it crosses exactly if it crosses in a batch. */
const SINGLE_LIMITS: CodecLimits = { ...GUEST_LIMITS, maxDepth: GUEST_LIMITS.maxDepth - BATCH_LEVELS };
const RESULT: EncodeOptions = { root: 'result', frame: true };
const HYPERCALL_ARGS: EncodeOptions = { root: 'args', frame: true };

export function guestDecode(frame: ArrayBuffer): unknown {
  return decode(new Uint8Array(frame), GUEST_LIMITS);
}

export function guestEncodeResult(outcome: Outcome): ArrayBuffer {
  return encodeBuffer(outcome, SINGLE_LIMITS, RESULT);
}

/** Encodes the outcomes of a batch's rows. They cross exactly if each crosses by {@link guestEncodeResult}. */
export function guestEncodeBatchResult(rows: readonly Outcome[]): ArrayBuffer {
  return encodeBuffer([0, rows], GUEST_LIMITS, RESULT);
}

export function guestEncodeHypercall(name: string, args: readonly unknown[]): ArrayBuffer {
  return encodeBuffer([name, args], GUEST_LIMITS, HYPERCALL_ARGS);
}
