/** Assertions that laws share. */
import assert from 'node:assert/strict';
import { ColonyError, ERROR_CODES, type ErrorCode } from '@colony/core';
import { lastMoment } from './patience.js';

/** Returns the error that `work` ends with; fails if it succeeds. */
export async function errorOf(work: () => unknown, what = 'it'): Promise<unknown> {
  let value: unknown;
  try {
    value = await work();
  } catch (error) {
    return error;
  }
  assert.fail(`${what} should have failed, but gave ${describeValue(value)}`);
}

function describeValue(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.slice(0, 100);
}

/** Checks that `work` fails with (one of) the code(s), as a ColonyError with a non-empty message. */
export async function fails(
  codes: ErrorCode | readonly ErrorCode[],
  work: () => unknown,
  what = 'it',
): Promise<ColonyError> {
  const error = await errorOf(work, what);
  const wanted = [codes].flat();
  if (!ColonyError.is(error))
    throw new assert.AssertionError({
      message: `${what} should fail with ${wanted.join(' or ')}, but threw ${inspect(error)}`,
      actual: error,
    });
  assert.ok(
    wanted.includes(error.code),
    `${what} should fail with ${wanted.join(' or ')}, but failed with ${error.code}: ${error.message}`,
  );
  assert.notEqual(error.message, '', `${error.code} without a message`);
  return error;
}

/** Checks that a failure is a ColonyError with a known code, and not an internal error of Colony. */
export function assertClean(error: unknown): ColonyError {
  assert.ok(ColonyError.is(error), `not a ColonyError: ${inspect(error)}`);
  assert.ok(ERROR_CODES.includes(error.code), `an unknown code: ${error.code}`);
  assert.notEqual(error.code, 'ERR_INTERNAL', `a bug in Colony: ${error.message}`);
  return error;
}

function inspect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Returns the value, or the code of the failure. */
export async function outcome(
  work: () => unknown,
): Promise<{ value: unknown } | { code: ErrorCode; error: ColonyError }> {
  try {
    return { value: await work() };
  } catch (error) {
    const clean = assertClean(error);
    return { code: clean.code, error: clean };
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until the condition holds; fails with its last message if it does not in time. `within`: ms on an idle machine.
 */
export async function eventually(check: () => string | undefined, within = 20_000): Promise<void> {
  const started = performance.now();
  let end: number | undefined;
  for (let complaint = check(); complaint !== undefined; complaint = check()) {
    const now = performance.now();
    if (now - started > within) end ??= lastMoment(started, within);
    if (end !== undefined && now > end) assert.fail(complaint);
    await sleep(20);
  }
}
