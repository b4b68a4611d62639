/** Peers that answer messages from another thread, another process, or the other end of a socket. */

import type { Boundary } from '../../isolation/boundaries.js';
import type { Probed } from '../../isolation/probed.js';
import { timedAsync } from '../../timing.js';
import { DEADLINE, FIB, groupOf, type Peer, spec } from './peer.js';

export interface Request {
  readonly call?: string;
  readonly args?: readonly unknown[];
  readonly evaluate?: string;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A running peer. Requests come one at a time. */
export interface Remote {
  ask(request: Request): Promise<Answer>;
  /** Ends it even if it is busy, and waits until it is gone. */
  end(): Promise<void>;
}

export interface RemoteOptions {
  readonly name: string;
  readonly package: string;
  readonly boundary: Boundary;
  /** The floor of a cold start. */
  readonly floor: string;
  /** Parts of the subjects' descriptions: how it starts, and where and how a running one is called. */
  readonly words: { readonly cold: string; readonly warm: string };
  start(): Promise<Remote>;
  /** False if it cannot evaluate text. */
  readonly evaluates?: boolean;
}

/** @throws the error of the program */
async function call(remote: Remote, name: string, ...args: unknown[]): Promise<unknown> {
  const { value, error } = await remote.ask({ call: name, args });
  if (error !== undefined) throw new Error(error);
  return value;
}

async function once(start: () => Promise<Remote>): Promise<void> {
  const remote = await start();
  try {
    await call(remote, 'nothing');
  } finally {
    await remote.end();
  }
}

class Killing implements Probed {
  readonly #start: () => Promise<Remote>;
  #remote: Promise<Remote>;

  constructor(start: () => Promise<Remote>) {
    this.#start = start;
    this.#remote = this.#begin();
  }

  #begin(): Promise<Remote> {
    const remote = this.#ready();
    // Ignore the error here: the next evaluation, if any, reports it.
    remote.catch(() => {});
    return remote;
  }

  /** Waits until it has answered, because the start does not count as the guest's time. */
  async #ready(): Promise<Remote> {
    const remote = await this.#start();
    try {
      await call(remote, 'nothing');
      return remote;
    } catch (error) {
      await remote.end();
      throw error;
    }
  }

  async evaluate(source: string): Promise<unknown> {
    const remote = await this.#remote;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`killed after ${DEADLINE} ms`)), DEADLINE);
    });
    try {
      const { value, error } = await Promise.race([remote.ask({ evaluate: source }), late]);
      if (error === undefined) return value;
      throw new GuestThrew(error);
    } catch (error) {
      if (!(error instanceof GuestThrew)) {
        await remote.end();
        this.#remote = this.#begin();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const remote = await this.#remote.catch(() => undefined);
    await remote?.end();
  }
}

/** The guest threw; the peer is still usable. */
class GuestThrew extends Error {}

function probeOf(start: () => Promise<Remote>): () => Promise<Probed> {
  return async () => {
    const probe = new Killing(start);
    // Report a failed start here and not at the first evaluation.
    await probe.evaluate('0').catch(async (error: Error) => {
      await probe.close();
      throw error;
    });
    return probe;
  };
}

export function remotePeer(options: RemoteOptions): Peer {
  const { name, boundary, floor, words, start, evaluates = true } = options;
  const group = groupOf(
    name,
    [
      spec(`${name}.cold`, boundary, [floor], `${words.cold}, null call, termination`),
      spec(`${name}.warm`, boundary, ['c.call'], `null call ${words.warm}`),
      ...(evaluates ? [spec(`${name}.fib${FIB}`, boundary, ['node.fib20'], `fib(${FIB}) ${words.warm}`)] : []),
    ],
    async () => {
      let warm: Promise<Remote> | undefined;
      const running = () => {
        warm ??= start();
        return warm;
      };
      const calling = async (...[called, ...args]: [string, ...unknown[]]) => {
        const remote = await running();
        await call(remote, called, ...args);
        return timedAsync(() => call(remote, called, ...args));
      };
      return {
        makers: {
          [`${name}.cold`]: async () => {
            await once(start);
            return timedAsync(() => once(start));
          },
          [`${name}.warm`]: () => calling('nothing'),
          ...(evaluates && { [`${name}.fib${FIB}`]: () => calling('fib', FIB) }),
        },
        end: async () => {
          const remote = await warm?.catch(() => undefined);
          await remote?.end();
        },
      };
    },
  );
  return { name, package: options.package, group, ...(evaluates && { probe: probeOf(start) }) };
}
