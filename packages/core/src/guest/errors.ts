/** Errors that leave the guest and enter it. */

import type { GuestErrorInfo } from '../errors.js';
import { ERROR_TYPES } from '../wire/codec/limits.js';

const { hasOwn } = Object;
const isText = (value: unknown): value is string => typeof value === 'string';

/** The file name under which the embedder evaluated this script. */
const ownFile = /\(?([^\s()]+?):\d+(?::\d+)?\)?\s*$/m.exec(String(new Error().stack))?.[1] ?? '\u0000';

/** Returns a stack without the runtime's own frames. */
function userStack(stack: string): string {
  if (!stack.includes(ownFile)) return stack;
  const lines = stack.split('\n').filter((line) => !line.includes(ownFile));
  return lines.join('\n');
}

/** Describes any thrown value. User getters may run and throw. */
export function describe(thrown: unknown): GuestErrorInfo {
  try {
    if (thrown instanceof Error) return describeError(thrown);
    return { name: 'Error', message: `thrown: ${brief(thrown)}`, value: thrown };
  } catch {
    return { name: 'Error', message: 'an error was thrown that cannot be described' };
  }
}

function describeError(error: Error & { code?: unknown }): GuestErrorInfo {
  const { name, message, stack, code } = error;
  const info: Record<string, string> = { name: isText(name) ? name : 'Error', message: isText(message) ? message : '' };
  if (isText(stack)) info.stack = userStack(stack);
  if (isText(code)) info.code = code;
  return info as unknown as GuestErrorInfo;
}

function brief(value: unknown): string {
  if (typeof value === 'symbol' || typeof value === 'function') return typeof value;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** Makes an error reply into a value to throw. */
export function toThrow(info: GuestErrorInfo): unknown {
  if (hasOwn(info, 'value')) return info.value;
  const Type = hasOwn(ERROR_TYPES, info.name) ? ERROR_TYPES[info.name as keyof typeof ERROR_TYPES] : Error;
  const error = new Type(info.message) as Error & { code?: string };
  if (error.name !== info.name) Object.defineProperty(error, 'name', { value: info.name, configurable: true });
  if (info.code !== undefined) error.code = info.code;
  return error;
}

export function colonyError(code: string, message: string): GuestErrorInfo {
  return { name: 'ColonyError', message, code };
}
