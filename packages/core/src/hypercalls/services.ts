/** Hypercalls that belong to a program's kind. They need no grant and are not audited, because nothing is decided. */
import { FileError } from '../host-files/file-error.js';
import { DEFAULT_CODEC_LIMITS } from '../wire/codec/index.js';
import { encodeErrorReply, encodeReply } from '../wire/frames.js';
import type { CallScope } from './scope.js';

/** A synchronous function. The guest gets the code of a `FileError`; another error is a bug. */
export type Service = (scope: CallScope, args: readonly unknown[]) => unknown;
export type Services = ReadonlyMap<string, Service>;

/** Serves the hypercall. The reply does not count as input of the call, just as a program's code does not. */
export function replyOf(service: Service, scope: CallScope, args: readonly unknown[]): Uint8Array[] {
  try {
    return encodeReply(service(scope, args), DEFAULT_CODEC_LIMITS);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const { name, message, code } = error;
    return encodeErrorReply({ name, message, code }, DEFAULT_CODEC_LIMITS);
  }
}
