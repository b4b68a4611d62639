/**
 * The hypercalls of a program's first evaluation, with their replies. Children that evaluate it again get the same replies,
 * so that all calls start from one state and host functions run once.
 */
import { ColonyError, type HypercallHandler } from '@colony/core';

interface Entry {
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
}

export class Journal {
  readonly #entries: Entry[] = [];

  /** True if there were no hypercalls: then contexts may share the evaluated state. */
  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** A handler that calls the other one and records requests and replies. */
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

  /** A handler that repeats the replies. It calls `onOther` for a request that differs from the first evaluation's. */
  replay(onOther: (error: ColonyError) => void): HypercallHandler {
    let next = 0;
    return (request) => {
      const entry = this.#entries[next++];
      if (entry !== undefined && Buffer.compare(entry.request, request) === 0) return [entry.reply];
      onOther(unrepeatable(`its ${next}. hypercall differs`));
      return [];
    };
  }
}

export function unrepeatable(how: string): ColonyError {
  return new ColonyError(
    'ERR_GUEST_PROTOCOL',
    `the program is not evaluated the same way twice: ${how} from the first evaluation. Each call has a process that evaluates the program`,
  );
}
