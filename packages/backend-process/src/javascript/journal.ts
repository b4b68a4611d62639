/**
 * What a program asked while it was evaluated, and what it was told. Children that evaluate it again for later calls are told
 * the same, so that all calls start from one state and host functions run once.
 */
import { ColonyError, type HypercallHandler } from '@colony/core';

interface Entry {
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
}

export class Journal {
  readonly #entries: Entry[] = [];

  /** True where nothing was asked: the evaluated state may be shared among contexts. */
  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** A handler that asks the other and writes down what is said. */
  record(handler: HypercallHandler): HypercallHandler {
    const keep = (request: Uint8Array, segments: Uint8Array[]): Uint8Array[] => {
      const reply = Buffer.concat(segments);
      this.#entries.push({ request, reply });
      return [reply];
    };
    return (request) => {
      const reply = handler(request);
      return reply instanceof Promise ? reply.then((segments) => keep(request, segments)) : keep(request, reply);
    };
  }

  /** A handler that repeats the replies; `onOther` hears of a request that is not what was asked the first time. */
  replay(onOther: (error: ColonyError) => void): HypercallHandler {
    let next = 0;
    return (request) => {
      const entry = this.#entries[next++];
      if (entry !== undefined && Buffer.compare(entry.request, request) === 0) return [entry.reply];
      onOther(unrepeatable(`its ${next}. hypercall is another one`));
      return [];
    };
  }
}

export function unrepeatable(how: string): ColonyError {
  return new ColonyError(
    'ERR_GUEST_PROTOCOL',
    `the program is not evaluated the same way twice: ${how} than the first time. Each call has a process that evaluates it`,
  );
}
