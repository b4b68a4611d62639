/** Detects arguments that a function's signature refuses: then `--args` is wrong, not the guest. */
import { ColonyError } from '@colony/core';
import { UsageError } from '../failure.js';
import type { Kind } from '../input/kind.js';

/** Kinds whose functions have typed parameters, which are checked before the function runs. */
const TYPED: readonly Kind[] = ['c', 'image', 'module', 'component'];

const BYTES = /must be a Uint8Array/;

/** Returns the error to report for a failed call. */
export function refusedArguments(error: unknown, name: string, kind: Kind): unknown {
  if (!ColonyError.is(error) || !TYPED.includes(kind)) return error;
  const message = error.details.guest?.message ?? '';
  const refused = [`${name} takes `, `${name}: argument `].some((start) => message.startsWith(start));
  if (error.code !== 'ERR_GUEST_THROWN' || !refused) return error;
  const form = BYTES.test(message) ? '. Bytes are written {"$type": "Uint8Array", "base64": "..."}' : '';
  return new UsageError(`--args: ${message}${form}`);
}
