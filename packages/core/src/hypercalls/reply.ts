/** Replies to hypercalls: the values of host functions, and their errors without the host's stacks. */

import { ColonyError, type GuestErrorInfo } from '../errors.js';
import { commitReply } from '../policy/decide.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS, sizeOf } from '../wire/codec/index.js';
import { encodeErrorReply, encodeReply } from '../wire/frames.js';
import { type CallScope, LONGEST_NAME } from './scope.js';

function limitsOf(scope: CallScope): CodecLimits {
  return { ...DEFAULT_CODEC_LIMITS, maxBytes: scope.limits.bytesIn - scope.bytesIn };
}

export function reply(scope: CallScope, name: string, value: unknown): Uint8Array[] {
  let segments: Uint8Array[];
  try {
    segments = encodeReply(value, limitsOf(scope));
  } catch (error) {
    return unencodable(scope, name, error);
  }
  const size = sizeOf(segments);
  scope.bytesIn += size;
  const overBudget = commitReply(scope.policyState, name, size);
  if (overBudget !== undefined) return denial(scope, name, overBudget);
  return segments;
}

function unencodable(scope: CallScope, name: string, error: unknown): Uint8Array[] {
  if (ColonyError.is(error) && error.code === 'ERR_LIMIT_INPUT') {
    const message = `the call got more than ${scope.limits.bytesIn} bytes from hypercalls (limits.bytesIn)`;
    return fatal(
      scope,
      new ColonyError('ERR_LIMIT_INPUT', message, { details: { hypercall: name, limit: scope.limits.bytesIn } }),
    );
  }
  return failure(scope, name, error);
}

/** Returns the reply for an error of a host function, as the guest sees it. */
export function failure(scope: CallScope, name: string, thrown: unknown): Uint8Array[] {
  const info = toGuestError(name, thrown);
  scope.remember(name, thrown, info.message);
  return errorReply(info);
}

export function denial(scope: CallScope, asked: string, reason: string): Uint8Array[] {
  const name = asked.slice(0, LONGEST_NAME);
  scope.denied = true;
  const message = `\`${name}\` is refused: ${reason}`;
  scope.remember(name, undefined, message);
  return errorReply({ name: 'ColonyError', message, code: 'ERR_POLICY_DENIED' });
}

/** Ends the call. The reply gives the reason, in case the guest still runs. */
export function fatal(scope: CallScope, error: ColonyError): Uint8Array[] {
  const { code, message } = scope.fail(error);
  return errorReply({ name: 'ColonyError', message, code });
}

/** Most characters of a text in an error that goes to a guest. */
const MAX_MESSAGE = 4096;

function errorReply(info: GuestErrorInfo): Uint8Array[] {
  return encodeErrorReply({ ...info, message: info.message.slice(0, MAX_MESSAGE) }, DEFAULT_CODEC_LIMITS);
}

function text(read: () => unknown, otherwise: string): string {
  try {
    const value = read();
    return typeof value === 'string' ? value.slice(0, MAX_MESSAGE).toString() : otherwise;
  } catch {
    return otherwise;
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'undefined', 'bigint'].includes(typeof value);
}

/** Returns whether a thrown string or bigint is long. A host function may have got it from the guest. */
function isLong(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length > MAX_MESSAGE
    : typeof value === 'bigint' && value >> 64n !== value >> 65n;
}

/** Returns name, message and code, but never a stack, a cause or an object's properties. */
function toGuestError(hypercall: string, thrown: unknown): GuestErrorInfo {
  if (typeof thrown === 'object' && thrown !== null) {
    const error = thrown as { name?: unknown; message?: unknown; code?: unknown };
    return {
      name: text(() => error.name, 'Error'),
      message: text(() => error.message, `the host function \`${hypercall}\` threw an object`),
      code: text(() => error.code, 'ERR_HYPERCALL_FAILED'),
    };
  }
  const what = isLong(thrown)
    ? `a long ${typeof thrown}`
    : typeof thrown === 'string'
      ? 'a string'
      : text(() => String(thrown), 'a value');
  const info = {
    name: 'Error',
    message: `the host function \`${hypercall}\` threw ${what}`,
    code: 'ERR_HYPERCALL_FAILED',
  };
  return isPrimitive(thrown) && !isLong(thrown) ? { ...info, value: thrown } : info;
}
