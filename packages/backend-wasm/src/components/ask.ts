/** Hypercalls of a component: values out, a reply frame back. */
import { ColonyError, type GuestErrorInfo } from '@colony/core';
import { type CodecLimits, decode, encodeBuffer, FRAME_LIMITS } from '@colony/core/codec';
import { asOutcome } from '@colony/core/frames';
import { type GuestHost, RunEnd } from '../guest/host.js';
import { CutShort } from './failures.js';

const { maxDepth } = FRAME_LIMITS;

/** Bounds on what a guest sends. Objects are bounded by the meter. */
function outputLimits(host: GuestHost): CodecLimits {
  return { maxBytes: host.limits.output, maxDepth, allowance: 0 };
}

/** Encodes what a guest sends. @throws RunEnd ERR_LIMIT_OUTPUT, ERR_NOT_SERIALIZABLE */
export function encodeOutput(value: unknown, host: GuestHost, root: string): Uint8Array {
  try {
    return new Uint8Array(encodeBuffer(value, outputLimits(host), { root, frame: true }));
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    if (error.code !== 'ERR_LIMIT_OUTPUT') throw new RunEnd(error.code, error.message, error.details);
    const { output } = host.limits;
    throw new RunEnd('ERR_LIMIT_OUTPUT', `the call sent more than ${output} bytes (limits.output)`, { limit: output });
  }
}

export type Ask = (name: string, args: readonly unknown[]) => unknown;

/** An error that a hypercall gave. */
export class HostFailure extends Error {
  constructor(readonly info: GuestErrorInfo) {
    super(info.message);
  }
}

/** Refusals of the policy and of limits end the call; the component cannot handle them. */
const isColonys = (info: GuestErrorInfo) => info.name === 'ColonyError';

/**
 * Asks the host. @throws HostFailure with a host function's error; CutShort if the policy refuses; RunEnd
 */
export function ask(host: GuestHost, name: string, args: readonly unknown[]): unknown {
  const request = encodeOutput([name, args], host, 'args');
  const reply = asOutcome(decode(host.hypercall(request), FRAME_LIMITS));
  if (reply[0] === 0) return reply[1];
  if (isColonys(reply[1])) throw new CutShort(reply[1]);
  throw new HostFailure(reply[1]);
}
