/** What a user would pick instead of Colony: as data, as samplers, and as something to attack. */
import type { Boundary } from '../../isolation/boundaries.js';
import type { Probed } from '../../isolation/probed.js';
import type { Group, OpenGroup, Sampler, Spec } from '../../types.js';

export interface Peer {
  readonly name: string;
  /** npm package or Debian program whose version counts; `node` where Node itself has it. */
  readonly package: string;
  readonly group: Group;
  /**
   * For the isolation table, where it runs JavaScript. An evaluation ends after 100 ms: by the peer where it has deadlines,
   * else by killing what runs it, and the next one has another. Hostile source belongs into a process of its own:
   * node:vm's microtasks know no deadline.
   */
  readonly probe?: () => Promise<Probed>;
}

/** Milliseconds that an evaluation of a probe gets. */
export const DEADLINE = 100;
export const FIB = 20;
/** Calls a sample, where one takes about a microsecond and the clock a tenth of that. */
export const SHORT = 10;
/** The same as programs/field/answer.mjs, for engines that take text. */
export const SOURCE = 'function nothing() {}\nfunction fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }';

export const spec = (subject: string, boundary: Boundary, floors: readonly string[], what: string): Spec => ({
  ...{ subject, what, unit: 'us', floors, boundary },
});

type Makers = Readonly<Record<string, () => Sampler | Promise<Sampler>>>;

/** One that cannot be made is out, with its reason; the others are not. */
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

/** A group whose samplers are made one by one. `end` is called even where making them failed. */
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
