import type { ErrorCode } from '../../errors.js';
import {
  TAG_BIGINT64_ARRAY,
  TAG_BIGUINT64_ARRAY,
  TAG_FLOAT32_ARRAY,
  TAG_FLOAT64_ARRAY,
  TAG_INT8_ARRAY,
  TAG_INT16_ARRAY,
  TAG_INT32_ARRAY,
  TAG_UINT8_CLAMPED_ARRAY,
  TAG_UINT16_ARRAY,
  TAG_UINT32_ARRAY,
} from '../abi.generated.js';

/** Bounds on one message. */
export interface CodecLimits {
  /** Most bytes of the encoded message. */
  readonly maxBytes: number;
  /** Most nested objects, of any kind. */
  readonly maxDepth: number;
  /**
   * Host memory, in bytes, that decoding may cost beyond `MEMORY_PER_BYTE` for each byte of the message. Time is
   * charged too, as the memory that could be filled meanwhile. `Infinity`, for a trusted sender, charges nothing.
   */
  readonly allowance: number;
}

/** Host memory, in bytes, that each byte of a message may cost: about 50 ns of the event loop. */
export const MEMORY_PER_BYTE = 32;

/** Nested objects that can cross in every direction. */
const LEVELS = 128;
/** Most levels that a frame adds around a value: itself, and lists of results or arguments. */
const FRAME_LEVELS = 4;

/** 64 MiB, 128 levels in a frame, 32 bytes of memory for each byte and 8 MiB. */
export const DEFAULT_CODEC_LIMITS: CodecLimits = {
  maxBytes: 67108864,
  maxDepth: LEVELS + FRAME_LEVELS,
  allowance: 8388608,
};

/** Limits for frames whose size is already bounded by `limits.output` and `limits.bytesIn`. */
export const FRAME_LIMITS: CodecLimits = { ...DEFAULT_CODEC_LIMITS, maxBytes: Number.POSITIVE_INFINITY };

/** Most bytes of a bigint. Conversion is quadratic in some engines, and already 1 MiB takes too long. */
export const MOST_BIGINT_BYTES = 131072;
/** Most UTF-16 units of a regular expression. Longer ones cost seconds and gigabytes to compile. */
export const MOST_PATTERN = 65536;

export interface EncodeOptions {
  /** Omits `stack` from errors, because a guest must not see a host's paths. */
  readonly omitStacks?: boolean;
  /** Name of the value in error messages; default `value`. */
  readonly root?: string;
  /** The value is a frame: `root` replaces the first step of a path (`[2]`). */
  readonly frame?: boolean;
  /** An error of a getter or a proxy becomes ERR_NOT_SERIALIZABLE with its path. By default it is thrown unchanged. */
  readonly refuseThrown?: boolean;
  /** Code of the error for too many bytes; default ERR_LIMIT_OUTPUT. */
  readonly overflow?: ErrorCode;
}

/**
 * The text functions that differ between Node and a guest engine. `encode` and `decode` may assume that short ASCII
 * never reaches them. `encode` gets only well-formed strings.
 */
export interface Utf8Environment {
  encode(text: string): Uint8Array;
  /** Throws on invalid UTF-8. A guest trusts its host, so there it need not throw. */
  decode(bytes: Uint8Array, start: number, end: number): string;
  /** Both or neither: the length in UTF-8, and writing in place. */
  byteLength?(text: string): number;
  write?(text: string, target: Uint8Array, at: number): number;
  /** ASCII up to this length is decoded without `decode`. */
  readonly inline: number;
}

let environment: Utf8Environment | undefined;

export function installUtf8(env: Utf8Environment): void {
  environment = env;
}

export function utf8(): Utf8Environment {
  if (environment === undefined) throw new Error('codec: installUtf8() was not called');
  return environment;
}

/**
 * Tags. OBJECT is an object by type name and arguments (errors, ArrayBuffer, DataView, boxed primitives). WTF8 is a
 * string with lone surrogates as a byte string. REGEXP is an ECMAScript regular expression `[source, flags]`.
 */
export {
  TAG_BIGNINT,
  TAG_BIGUINT,
  TAG_EPOCH,
  TAG_MAP,
  TAG_OBJECT,
  TAG_REGEXP,
  TAG_SET,
  TAG_SHAREABLE,
  TAG_SHARED_REF,
  TAG_WTF8,
} from '../abi.generated.js';

/** RFC 8746 tags, little-endian. A Uint8Array is a plain byte string. */
export const TYPED_ARRAY_TAGS = {
  Uint8ClampedArray: TAG_UINT8_CLAMPED_ARRAY,
  Uint16Array: TAG_UINT16_ARRAY,
  Uint32Array: TAG_UINT32_ARRAY,
  BigUint64Array: TAG_BIGUINT64_ARRAY,
  Int8Array: TAG_INT8_ARRAY,
  Int16Array: TAG_INT16_ARRAY,
  Int32Array: TAG_INT32_ARRAY,
  BigInt64Array: TAG_BIGINT64_ARRAY,
  Float32Array: TAG_FLOAT32_ARRAY,
  Float64Array: TAG_FLOAT64_ARRAY,
} as const;

export const ERROR_TYPES = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as const;
