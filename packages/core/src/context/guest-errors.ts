/** Makes ColonyErrors of the errors that guests report. */
import { types } from 'node:util';
import '../wire/codec/node.js';
import { ColonyError, type ErrorCode, type ErrorDetails, type GuestErrorInfo } from '../errors.js';
import type { CallScope } from '../hypercalls/scope.js';
import { OptionReader } from '../options/option-reader.js';
import { DEFAULT_CODEC_LIMITS } from '../wire/codec/index.js';
import { decodeLoadResult } from '../wire/frames.js';

/** Codes that a guest's runtime may report about itself. */
const RUNTIME_CODES: readonly string[] = ['ERR_NO_SUCH_EXPORT', 'ERR_NOT_SERIALIZABLE'];

/** Returns the error of a call whose guest code threw. */
export function guestError(info: GuestErrorInfo, scope: CallScope | undefined, row?: number): ColonyError {
  const failure = info.message === '' ? undefined : scope?.failures.findLast((known) => known.message === info.message);
  const code = codeOf(info, scope);
  const details: ErrorDetails = {
    guest: info,
    ...(failure === undefined ? {} : { hypercall: failure.hypercall }),
    ...(row === undefined ? {} : { row }),
  };
  const message = code === 'ERR_GUEST_THROWN' ? `guest code threw ${info.name}: ${info.message}` : info.message;
  const cause = failure?.error;
  return new ColonyError(
    code,
    row === undefined ? message : `row ${row}: ${message}`,
    cause === undefined ? { details } : { details, cause },
  );
}

/** A guest may send any code. A denial is believed only if the policy denied a hypercall of this call. */
function codeOf(info: GuestErrorInfo, scope: CallScope | undefined): ErrorCode {
  if (info.code === 'ERR_POLICY_DENIED' && scope?.denied) return 'ERR_POLICY_DENIED';
  if (info.name === 'ColonyError' && RUNTIME_CODES.includes(info.code ?? '')) return info.code as ErrorCode;
  return 'ERR_GUEST_THROWN';
}

/** The message of every engine for an import that it cannot serve. */
const OF_NODE = /^could not load module '(node:[\w/]{1,64})'$/;

/**
 * For backends: reads the result frame of a load frame and returns the names of the exported functions.
 * @throws ColonyError ERR_COMPILE if the program does not parse or needs modules of Node, ERR_GUEST_THROWN if it threw.
 */
export function readLoadResult(frame: Uint8Array): readonly string[] {
  const reader = new OptionReader('ERR_BAD_OPTION', 'readLoadResult');
  if (!types.isUint8Array(frame)) reader.fail('frame', 'a Uint8Array', frame);
  const result = decodeLoadResult(frame, DEFAULT_CODEC_LIMITS);
  if (Array.isArray(result)) return result;
  const info = result as GuestErrorInfo;
  const where = firstPlace(info.stack ?? '');
  if (info.name === 'SyntaxError') {
    const message = `${where === undefined ? '' : `${where}: `}the program does not parse: ${info.message}`;
    throw new ColonyError('ERR_COMPILE', message, {
      details: { guest: info, ...(where === undefined ? {} : { path: where }) },
    });
  }
  const [, missing] = OF_NODE.exec(info.message) ?? [];
  if (missing !== undefined) {
    const message = `the program imports '${missing}', a module of Node that this engine does not have; on kvm \`engine: 'v8'\` has it`;
    throw new ColonyError('ERR_COMPILE', message, { details: { guest: info } });
  }
  throw new LoadError(info);
}

/**
 * Returns the first `file:line` or `file:line:column` of a stack. Searches word by word, in linear time. A pattern that
 * may start anywhere takes quadratic time for a stack that is one long word.
 */
function firstPlace(stack: string): string | undefined {
  for (const [word] of stack.matchAll(/[^\s()]+/g)) {
    const place = /^.+:\d+/.exec(word);
    if (place !== null) return place[0];
  }
  return undefined;
}

/** An error of evaluation. The context catches it and adds the details of its hypercalls. */
export class LoadError extends ColonyError {
  constructor(readonly info: GuestErrorInfo) {
    super('ERR_GUEST_THROWN', `evaluating the program threw ${info.name}: ${info.message}`, {
      details: { guest: info },
    });
  }
}
