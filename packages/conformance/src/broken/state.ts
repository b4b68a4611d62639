/** Faults in state: state that outlives its call, its context or its reset. */
import type { BackendInstance, BackendSnapshot } from '@colony/core';
import type { Changes } from '../wrap.js';
import { breakage } from './breakage.js';

/** Every fresh run continues with the state of the last. */
const keepsAll = (): Changes => ({
  instance: (inner) => ({
    run: (request) => inner.run({ ...request, state: 'keep' }),
    ...(inner.runSync && { runSync: (request) => inner.runSync!({ ...request, state: 'keep' }) }),
  }),
});

export const leaksState = breakage(
  'leaks state between fresh calls',
  'isolation',
  "a call's writes are invisible to the next one",
  keepsAll,
);

export const leaksStateOfC = breakage(
  'leaks state of C between fresh calls',
  'isolation',
  "a call's writes are invisible to the next call (C)",
  keepsAll,
);

export const leaksStateOfWasm = breakage(
  'leaks state of Wasm between fresh calls',
  'isolation',
  "a call's writes are invisible to the next call (Wasm)",
  keepsAll,
);

export const leaksMemory = breakage(
  'leaks the memory of machine code between fresh calls',
  'native',
  'writes of machine code are invisible to the next call: memory, stack, heap, registers',
  keepsAll,
);

/** One instance serves all contexts of a program. */
export const sharesContexts = breakage(
  'shares kept state between contexts',
  'isolation',
  'state of one context is invisible to all others',
  () => {
    const first = new Map<string, BackendInstance>();
    return {
      instance: (inner, { program }) => {
        const shared = first.get(program.hash) ?? inner;
        first.set(program.hash, shared);
        return { run: (request) => shared.run(request), reset: () => shared.reset(), dispose: async () => {} };
      },
    };
  },
);

export const keepsAfterReset = breakage('keeps state after reset', 'keep-state', 'reset drops kept state', () => ({
  instance: () => ({ reset: async () => {} }),
}));

export const dropsKept = breakage('forgets kept state', 'keep-state', 'kept state lasts from call to call', () => ({
  instance: (inner) => ({ run: (request) => inner.run({ ...request, state: 'fresh' }) }),
}));

/** Resets the state after an error of the guest, such as a missing function. */
export const dropsAfterError = breakage(
  'forgets kept state after an error of the guest',
  'lifecycle',
  'a context agrees with its model, for any commands',
  () => ({
    instance: (inner) => ({
      run: async (request) => {
        const result = await inner.run(request);
        // An outcome is an array of two; its first item is 1 for an error.
        if (request.state === 'keep' && result.output[0] === 0x82 && result.output[1] === 1) await inner.reset();
        return result;
      },
    }),
  }),
);

export const staleSnapshot = breakage(
  'serves a stale snapshot',
  'snapshot',
  'a snapshot is of the present state',
  () => ({
    instance: (inner) => {
      let first: Promise<BackendSnapshot> | undefined;
      return {
        snapshot: () => {
          first ??= inner
            .snapshot()
            .then((snapshot) => Object.defineProperty(snapshot, 'dispose', { value: () => {} }));
          return first;
        },
      };
    },
  }),
);
