/** The errors of calls that meet a limit: the same words and details on every backend. */
import type { RunLimits } from '../backend.js';
import { ColonyError, type ErrorCode, type ErrorDetails } from '../errors.js';

type LimitName = keyof RunLimits;

const CODES = {
  wallTime: 'ERR_LIMIT_WALL_TIME',
  cpuTime: 'ERR_LIMIT_CPU_TIME',
  memory: 'ERR_LIMIT_MEMORY',
  output: 'ERR_LIMIT_OUTPUT',
} as const satisfies Record<LimitName, ErrorCode>;
const NAMES = new Map<ErrorCode, LimitName>(Object.entries(CODES).map(([name, code]) => [code, name as LimitName]));

const MESSAGES: Record<LimitName, (limit: number) => string> = {
  wallTime: (ms) => `the call took longer than its wall time of ${ms} ms: raise limits.wallTime, or let it do less`,
  cpuTime: (ms) => `the call used more than its CPU time of ${ms} ms: raise limits.cpuTime, or let it do less`,
  memory: (bytes) => `the guest needs more than its memory of ${bytes} bytes: raise limits.memory`,
  output: (bytes) => `the guest handed over more than ${bytes} bytes at once: raise limits.output`,
};

/** The message of a limit's error, and its `details.limit` in milliseconds or bytes. */
export interface LimitFailure {
  readonly message: string;
  readonly details: ErrorDetails;
}

function failureOf<Name extends LimitName>(name: Name, limits: Pick<RunLimits, Name>, note: string): LimitFailure {
  const limit = limits[name];
  const message = MESSAGES[name](limit);
  return { message: note === '' ? message : `${message} (${note})`, details: { limit } };
}

/**
 * @param note what the backend knows besides; it stands in brackets
 * @returns undefined for a code that is not one of a limit of a call
 */
export function limitFailure(code: ErrorCode, limits: RunLimits, note = ''): LimitFailure | undefined {
  const name = NAMES.get(code);
  return name === undefined ? undefined : failureOf(name, limits, note);
}

/** @param note what the backend knows besides; it stands in brackets */
export function limitError<Name extends LimitName>(name: Name, limits: Pick<RunLimits, Name>, note = ''): ColonyError {
  const { message, details } = failureOf(name, limits, note);
  return new ColonyError(CODES[name], message, { details });
}

/** For a host function that returns a promise to a call of `callSync`. */
export function asyncInSync(): ColonyError {
  const message = 'a host function gave a promise during callSync: use call, or make the function synchronous';
  return new ColonyError('ERR_ASYNC_IN_SYNC', message);
}
