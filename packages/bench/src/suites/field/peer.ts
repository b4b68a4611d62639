/** An alternative to Colony, as data, as samplers, and as a probe for attacks. */
import type { Boundary } from '../../isolation/boundaries.js';
import type { Probed } from '../../isolation/probed.js';
import type { Group, OpenGroup, Sampler, Spec } from '../../types.js';

export interface Peer {
  readonly name: string;
  /** npm package or Debian program whose version the report shows; `node` if Node itself provides it. */
  readonly package: string;
  readonly group: Group;
  /**
   * Present if the peer runs JavaScript; the isolation table uses it. An evaluation ends after 100 ms: by the peer's
   * own deadline, or by killing the runner, and the next evaluation gets another one. Hostile source needs a process of
   * its own, because node:vm's deadline does not cover microtasks.
   */
  readonly probe?: () => Promise<Probed>;
}

/** Milliseconds for one evaluation of a probe. */
export const DEADLINE = 100;
export const FIB = 20;
/** Calls per sample for calls of about a microsecond; the clock costs a tenth of that. */
export const SHORT = 10;
/** The same text as programs/field/answer.mjs, for engines that take text. */
export const SOURCE = 'function nothing() {}\nfunction fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }';

export const spec = (subject: string, boundary: Boundary, floors: readonly string[], what: string): Spec => ({
  ...{ subject, what, unit: 'us', floors, boundary },
});

type Makers = Readonly<Record<string, () => Sampler | Promise<Sampler>>>;

/** A sampler that cannot be made is replaced by its error; the others remain. */
async function attempts(makers: Makers): Promise<Record<string, Sampler | Error>> {
  const samplers: Record<string, Sampler | Error> = {};
  for (const [subject, make] of Object.entries(makers)) {
    try {
      samplers[subject] = await make();
    } catch (error) {
      samplers[subject] = error instanceof Error ? error : new Error(String(error));
    }
  }
  return samplers;
}

/** A group whose samplers are made in sequence. `end` is called even if making them failed. */
export const groupOf = (
  name: string,
  specs: readonly Spec[],
  open: () => Promise<{ makers: Makers; end?: () => Promise<void> | void }>,
): Group => ({
  name,
  specs,
  async open(): Promise<OpenGroup> {
    const { makers, end } = await open();
    return { samplers: await attempts(makers), close: async () => await end?.() };
  },
});
