/** Maps exceptions that end a run to Colony's error codes. */
import type { ErrorCode, ErrorDetails, RunLimits } from '@colony/core';
import { asyncInSync, limitFailure } from '@colony/core/backend-kit';
import {
  TRAP_BOUNDS,
  TRAP_CONVERSION,
  TRAP_DIVIDE,
  TRAP_INDIRECT_CALL,
  TRAP_OVERFLOW,
  TRAP_STACK,
  TRAP_UNREACHABLE,
} from '@colony/guest/abi';
import { RunEnd } from '../guest/host.js';

/** An error that workers can post as it is. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
}

/**
 * A trap's message in V8 and in JavaScriptCore (bun), the ABI's number, and the message of the other backends. The first
 * match counts.
 */
const TRAPS: readonly (readonly [RegExp, number, string])[] = [
  [/^unreachable/i, TRAP_UNREACHABLE, 'unreachable'],
  [/by zero/, TRAP_DIVIDE, 'integer divide by zero'],
  [/divide result unrepresentable|^Integer overflow/, TRAP_OVERFLOW, 'integer overflow'],
  [/float unrepresentable|^Out of bounds Trunc/, TRAP_CONVERSION, 'invalid conversion to integer'],
  [
    /signature mismatch|table index is out of bounds|null function|call_indirect|^Out of bounds table/,
    TRAP_INDIRECT_CALL,
    'indirect call of a wrong or missing function',
  ],
  [/out of bounds/i, TRAP_BOUNDS, 'out of bounds memory or table access'],
];

function trap(number: number, message: string): Failure {
  return { code: 'ERR_GUEST_TRAP', message, details: { trap: number } };
}

const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.startsWith('Maximum call stack');

/** Converts an exception that ended a run. */
export function failure(error: unknown, limits: RunLimits): Failure {
  if (error instanceof RunEnd) {
    const { code, message, details } = error;
    if (code === 'ERR_ASYNC_IN_SYNC') return { code, message: asyncInSync().message };
    return { code, message, ...(details && { details }), ...limitFailure(code, limits, message) };
  }
  if (isStackOverflow(error)) return trap(TRAP_STACK, 'call stack exhausted');
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof WebAssembly.RuntimeError) {
    const known = TRAPS.find(([words]) => words.test(message));
    return known === undefined ? { code: 'ERR_GUEST_TRAP', message } : trap(known[1], known[2]);
  }
  // Addresses and lengths that lie outside of the guest's memory.
  if (error instanceof RangeError || error instanceof TypeError)
    return { code: 'ERR_GUEST_PROTOCOL', message: `the guest passed an address outside of its memory: ${message}` };
  return { code: 'ERR_INTERNAL', message: `the backend failed: ${message}` };
}
