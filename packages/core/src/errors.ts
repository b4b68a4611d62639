/**
 * The one error class of Colony. Every failure has a stable code from a closed set; the message states the fault and
 * the remedy. There are three kinds: a guest's error (`ERR_GUEST_THROWN`), a host function's error
 * (`ERR_HYPERCALL_FAILED` inside the guest), and Colony's own codes.
 */

import { withoutControls } from './controls.js';

/** All codes, each with its meaning. */
export const ERROR_CODES = [
  /** An option has a wrong name, type or range. */
  'ERR_BAD_OPTION',
  /** The policy is invalid. */
  'ERR_BAD_POLICY',
  /** The backend's package is not installed. */
  'ERR_BACKEND_MISSING',
  /** The backend cannot work on this machine. The message has the doctor's findings. */
  'ERR_BACKEND_UNAVAILABLE',
  /** The backend lacks a requested capability. */
  'ERR_UNSUPPORTED',
  /** The program does not parse or build. */
  'ERR_COMPILE',
  /** The program does not export a function of that name. */
  'ERR_NO_SUCH_EXPORT',
  /** Guest code threw. `details.guest` has the error's name, message, stack, code and value. */
  'ERR_GUEST_THROWN',
  /** The guest made an invalid memory access or executed a forbidden instruction. */
  'ERR_GUEST_FAULT',
  /** The guest terminated itself: abort, unreachable, stack exhausted, out of bounds. */
  'ERR_GUEST_TRAP',
  /** The guest sent bytes or pointers that violate the ABI. */
  'ERR_GUEST_PROTOCOL',
  /** A host function failed. The guest sees this code. */
  'ERR_HYPERCALL_FAILED',
  /** The policy refused a hypercall. */
  'ERR_POLICY_DENIED',
  'ERR_LIMIT_MEMORY',
  'ERR_LIMIT_WALL_TIME',
  'ERR_LIMIT_CPU_TIME',
  'ERR_LIMIT_BUILD_TIME',
  'ERR_LIMIT_HYPERCALLS',
  'ERR_LIMIT_INPUT',
  'ERR_LIMIT_OUTPUT',
  /** The caller's AbortSignal ended the call. */
  'ERR_ABORTED',
  'ERR_DISPOSED',
  /** The context is busy with work that excludes this method. */
  'ERR_BUSY',
  /** A host function made a call with kept state on the context that waits for it. */
  'ERR_REENTRANT',
  /** A call with kept state was cut short; `reset()` makes the context usable again. */
  'ERR_POISONED',
  /** A host function returned a promise during `callSync`. */
  'ERR_ASYNC_IN_SYNC',
  /** A value cannot cross; the message names its path. */
  'ERR_NOT_SERIALIZABLE',
  'ERR_SNAPSHOT_DAMAGED',
  'ERR_SNAPSHOT_VERSION',
  'ERR_SNAPSHOT_FOREIGN',
  /** No required signer signed the snapshot file. */
  'ERR_SNAPSHOT_UNTRUSTED',
  /** A bug in Colony. */
  'ERR_INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error as the guest described it. */
export interface GuestErrorInfo {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  /** The thrown value, if it was not an Error. */
  readonly value?: unknown;
}

/** A guest fault, as far as the machine reports it. */
export interface FaultInfo {
  readonly kind: string;
  readonly address?: string;
  readonly rip?: string;
  readonly symbol?: string;
}

export interface ErrorDetails {
  readonly guest?: GuestErrorInfo;
  readonly fault?: FaultInfo;
  /** Name of the hypercall concerned. */
  readonly hypercall?: string;
  /** Row of a batch, from 0. */
  readonly row?: number;
  /** The place in an option, policy or value: `limits.memory`, `args[0].user.cb`. */
  readonly path?: string;
  readonly limit?: number;
  readonly [key: string]: unknown;
}

export interface ColonyErrorOptions {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

const NO_CAUSE = Symbol('no cause');

/** Reads the arguments of a ColonyError. An invalid argument throws a ColonyError that names it, not a TypeError. */
function readOptions(code: ErrorCode, message: string, options: ColonyErrorOptions | undefined) {
  const wrong = (path: string, expected: string) =>
    new ColonyError('ERR_BAD_OPTION', `ColonyError: ${path} is not ${expected}`, { details: { path } });
  if (!ERROR_CODES.includes(code)) throw wrong('code', 'one of ERROR_CODES');
  if (typeof message !== 'string') throw wrong('message', 'a string');
  let read: { cause: unknown; details: ErrorDetails } | undefined;
  try {
    read = {
      cause: options !== undefined && 'cause' in options ? options.cause : NO_CAUSE,
      details: options?.details ?? {},
    };
  } catch {
    // The value is not an object, or its getters throw.
  }
  if (read === undefined || typeof read.details !== 'object')
    throw wrong('options', 'an object with cause and details');
  return read;
}

export class ColonyError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options?: ColonyErrorOptions) {
    const { cause, details } = readOptions(code, message, options);
    // A guest, a file or a source may have written part of the message, and people print it.
    super(withoutControls(message), cause === NO_CAUSE ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** Returns true for every ColonyError, including those of another copy of this package. */
  static is(value: unknown): value is ColonyError {
    if (typeof value !== 'object' || value === null) return false;
    try {
      if (value instanceof ColonyError) return true;
      const error = value as { name?: unknown; code?: unknown };
      return error.name === 'ColonyError' && ERROR_CODES.includes(error.code as ErrorCode);
    } catch {
      return false; // a proxy or a getter threw
    }
  }
}

Object.defineProperty(ColonyError.prototype, 'name', { value: 'ColonyError', configurable: true, writable: true });
