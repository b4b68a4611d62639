/** Ways in which a call of a component ends, and the error that the caller gets for each. */
import { ColonyError, type GuestErrorInfo } from '@colony/core';
import { RunEnd } from '../guest/host.js';
import { brokenAbi } from './memory.js';

/**
 * Ends a call in the middle of the component, with a result frame that has the reason. The reason is a refusal of the
 * policy, or an error of a host function for which the component has no case.
 */
export class CutShort extends Error {
  constructor(readonly info: GuestErrorInfo) {
    super(info.message);
  }
}

/** An import throws this for the error case of its `result`: the glue reads `payload`. */
export class ErrorCase {
  constructor(readonly payload: unknown) {}
}

/** The error case of a function whose only result is a `result`: jco throws it, with what is in it as `payload`. */
function errorCase(error: unknown): GuestErrorInfo | undefined {
  if (!(error instanceof Error) || !Object.hasOwn(error, 'payload')) return undefined;
  const { payload } = error as { payload?: unknown };
  const message = typeof payload === 'string' ? payload : 'the function gave its error case: see details.guest.value';
  return { name: 'ComponentError', message, value: payload };
}

/** The error that a call threw, if its instance can go on. @throws the result of `endOf` */
export function thrown(error: unknown): GuestErrorInfo {
  const info = error instanceof RunEnd || error instanceof CutShort ? undefined : errorCase(error);
  if (info === undefined) throw endOf(error);
  return info;
}

/** How a run ends whose instance threw. Traps are left to who knows V8's words for them. */
export function endOf(error: unknown): unknown {
  const known = error instanceof RunEnd || error instanceof CutShort || error instanceof WebAssembly.RuntimeError;
  if (known || ColonyError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof RangeError && message.startsWith('Maximum call stack') ? error : brokenAbi(message);
}
