/** Ways in which a call of a component ends, and what the caller gets to see of each. */
import type { GuestErrorInfo } from '@colony/core';
import { RunEnd } from '../guest.js';
import { brokenAbi } from './memory.js';

/**
 * Ends a call in the middle of the component, with a result frame that says why: an error of a host function that the
 * component has no case for, or a refusal of the policy's.
 */
export class CutShort extends Error {
  constructor(readonly info: GuestErrorInfo) {
    super(info.message);
  }
}

/** What an import throws for the error case of its `result`: the glue looks for `payload`. */
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

/** What a call threw, if its instance goes on. @throws RunEnd, CutShort */
export function thrown(error: unknown): GuestErrorInfo {
  if (error instanceof RunEnd || error instanceof CutShort) throw error;
  const info = errorCase(error);
  if (info !== undefined) return info;
  throw endOf(error);
}

/** How a run ends whose instance threw. */
export function endOf(error: unknown): RunEnd | CutShort {
  if (error instanceof RunEnd || error instanceof CutShort) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof WebAssembly.RuntimeError)
    return new RunEnd('ERR_GUEST_TRAP', `the component trapped: ${message}`);
  if (error instanceof RangeError && message.startsWith('Maximum call stack'))
    return new RunEnd('ERR_GUEST_TRAP', 'the component trapped: its stack is exhausted');
  return brokenAbi(message);
}
