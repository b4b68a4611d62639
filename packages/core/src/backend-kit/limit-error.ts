/** The errors of calls that exceed a limit. Every backend uses the same messages and details. */
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
 * Returns the failure of a limit's code, or `undefined` for any other code.
 * @param note more information from the backend, appended in parentheses
 */
export function limitFailure(code: ErrorCode, limits: RunLimits, note = ''): LimitFailure | undefined {
  const name = NAMES.get(code);
  return name === undefined ? undefined : failureOf(name, limits, note);
}

/** @param note more information from the backend, appended in parentheses */
export function limitError<Name extends LimitName>(name: Name, limits: Pick<RunLimits, Name>, note = ''): ColonyError {
  const { message, details } = failureOf(name, limits, note);
  return new ColonyError(CODES[name], message, { details });
}

/** Returns the error for a host function that returns a promise during `callSync`. */
export function asyncInSync(): ColonyError {
  const message = 'a host function gave a promise during callSync: use call, or make the function synchronous';
  return new ColonyError('ERR_ASYNC_IN_SYNC', message);
}
