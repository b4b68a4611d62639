/** Faults in the delivery of bytes: their owner, how often they arrive, their direction. */
import { readFileSync } from 'node:fs';
import type { BackendInstance, HypercallHandler, RunRequest, RunResult } from '@colony/core';
import { decode, encode } from '@colony/core/codec';
import { breakage } from './breakage.js';

const LIMITS = { maxBytes: 2 ** 26, maxDepth: 128, allowance: 2 ** 23 };

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** One output buffer for all runs: the next call overwrites the last one's result. */
export const sharedOutput = breakage(
  'gives out one shared output buffer',
  'results',
  "the output of a backend's run belongs to the caller",
  () => {
    const shared = new Uint8Array(2 ** 22);
    const into = (result: RunResult): RunResult => {
      if (result.output.length > shared.length) return result;
      shared.set(result.output);
      return { ...result, output: shared.subarray(0, result.output.length) };
    };
    return { instance: (inner) => ({ run: async (request) => into(await inner.run(request)) }) };
  },
);

/** Swaps the results of runs that overlap. */
export const mixesResults = breakage(
  'mixes up concurrent results',
  'concurrency',
  'concurrent calls return their own results',
  () => {
    let waiting: { result: RunResult; resolve: (result: RunResult) => void } | undefined;
    let going = 0;
    const swap = (result: RunResult): Promise<RunResult> | RunResult => {
      if (waiting !== undefined) {
        const { result: other, resolve } = waiting;
        waiting = undefined;
        resolve(result);
        return other;
      }
      return going === 0
        ? result
        : new Promise((resolve) => {
            waiting = { result, resolve };
          });
    };
    const run = async (inner: BackendInstance, request: RunRequest): Promise<RunResult> => {
      going++;
      let result: RunResult;
      try {
        result = await inner.run(request);
      } finally {
        going--;
        if (going === 0 && waiting !== undefined)
          queueMicrotask(() => {
            waiting?.resolve(waiting.result);
            waiting = undefined;
          });
      }
      return await swap(result);
    };
    return { instance: (inner) => ({ run: (request) => run(inner, request) }) };
  },
);

const handled = (change: (handler: HypercallHandler) => HypercallHandler) => ({
  instance: (inner: BackendInstance) => ({
    run: (request: RunRequest) => inner.run({ ...request, onHypercall: change(request.onHypercall) }),
    ...(inner.runSync && {
      runSync: (request: RunRequest) => inner.runSync!({ ...request, onHypercall: change(request.onHypercall) }),
    }),
  }),
});

export const deliversTwice = breakage(
  'delivers hypercalls twice',
  'hypercalls',
  'each hypercall reaches the host once, in order',
  () =>
    handled((handler) => (request) => {
      void handler(request);
      return handler(request);
    }),
);

/** Each hypercall gets the reply to the one before it. */
export const replaysReplies = breakage(
  "replays another call's reply",
  'concurrency',
  'answers of host functions go to the call that asked',
  () => {
    let last: Uint8Array[] | undefined;
    const replay = (reply: Uint8Array[]): Uint8Array[] => {
      const stale = last ?? reply;
      last = reply;
      return stale;
    };
    return handled((handler) => (request) => {
      const reply = handler(request);
      return reply instanceof Promise ? reply.then(replay) : replay(reply);
    });
  },
);

/** Delivers an error reply as a value. */
export const losesErrors = breakage(
  'loses the errors of hypercalls',
  'hypercalls',
  "a host function's error reaches the guest without its stack",
  () => {
    const tame = (reply: Uint8Array[]): Uint8Array[] => {
      const frame = decode(join(reply), LIMITS) as [number, unknown];
      return frame[0] === 1 ? encode([0, null], LIMITS) : reply;
    };
    return handled((handler) => (request) => {
      const reply = handler(request);
      return reply instanceof Promise ? reply.then(tame) : tame(reply);
    });
  },
);

/** Serves file requests of a guest itself, and follows links in the path. */
export const followsLinks = breakage(
  'follows links out of a granted directory',
  'policy',
  'a link that is swapped in while a guest reads does not lead out of a granted directory',
  () =>
    handled((handler) => (request) => {
      const [name, [path]] = decode(request, LIMITS) as [string, unknown[]];
      try {
        return name === 'colony:fs.read' ? encode([0, readFileSync(String(path))], LIMITS) : handler(request);
      } catch {
        return handler(request); // the path does not exist at this moment
      }
    }),
);

/** Converts values to JSON and back. */
export const changesValues = breakage(
  'changes values on their way',
  'values',
  'each kind of value survives the round trip exactly',
  () => ({
    instance: (inner) => ({
      run: async (request) => {
        const result = await inner.run(request);
        const frame = decode(result.output, LIMITS) as [number, unknown];
        if (typeof frame[1] !== 'object' && !Object.is(frame[1], -0)) return result;
        const detour = [frame[0], JSON.parse(JSON.stringify(frame[1]) ?? 'null')];
        return { ...result, output: join(encode(detour, LIMITS)) };
      },
    }),
  }),
);
