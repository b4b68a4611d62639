/** Blocking hypercalls, by name. */
import { guestDecode, guestEncodeHypercall, type Outcome } from '../wire/frames.js';
import { embedder } from './embedder.js';
import { toThrow } from './errors.js';

const transport = embedder.hypercall;

export function hypercall(name: string, args: readonly unknown[]): unknown {
  const reply = guestDecode(transport(guestEncodeHypercall(name, args))) as Outcome;
  if (reply[0] === 0) return reply[1];
  throw toThrow(reply[1]);
}

type HostFunction = (...args: unknown[]) => unknown;
const functions = new Map<string, HostFunction>();

function hostFunction(name: string): HostFunction {
  let call = functions.get(name);
  if (call === undefined) {
    call = (...args) => hypercall(name, args);
    functions.set(name, call);
  }
  return call;
}

/** The proxy for `host.lookup(k)`. Every name exists; the host decides whether it may be called. */
export const host = new Proxy(Object.create(null), {
  get: (_target, name) => (typeof name === 'string' && name !== 'then' ? hostFunction(name) : undefined),
  has: (_target, name) => typeof name === 'string' && name !== 'then',
  set: () => false,
  defineProperty: () => false,
});
