/** The error of a call whose child took too long to evaluate the program again. */
import { ColonyError } from '@colony/core';

const TIMES = /^ERR_LIMIT_(?:WALL|CPU)_TIME$/;

/** Explains a time limit that is the evaluation's and not the call's. */
export function evaluationError(error: unknown): unknown {
  if (!ColonyError.is(error) || !TIMES.test(error.code)) return error;
  const { limit } = error.details;
  const message =
    `a child process took longer than ${limit} ms to evaluate the program for a call, which is more than three times ` +
    'the limit of the first evaluation: is the machine overloaded?';
  return new ColonyError(error.code, message, { details: error.details });
}
