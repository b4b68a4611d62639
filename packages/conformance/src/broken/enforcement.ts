/** Faults in what a backend must enforce or report. */
import { ColonyError, type RunRequest } from '@colony/core';
import { breakage } from './breakage.js';

type Change = (request: RunRequest) => RunRequest;

/** Applies the same change to runs on both paths. */
const changed = (change: Change) => ({
  instance: (inner: import('@colony/core').BackendInstance) => ({
    run: (request: RunRequest) => inner.run(change(request)),
    ...(inner.runSync && { runSync: (request: RunRequest) => inner.runSync!(change(request)) }),
  }),
});

/**
 * Milliseconds after which another limit ends a run that the broken limit lets continue. The wrong code shows the fault
 * on any machine.
 */
const SOON = 3000;

export const lateDeadline = breakage('ignores the wall time', 'limits', 'wall time ends a loop in time', () =>
  changed((request) => ({
    ...request,
    limits: { ...request.limits, wallTime: request.limits.wallTime + 60_000, cpuTime: SOON },
  })),
);

export const ignoresCpuTime = breakage('ignores the CPU time', 'limits', 'CPU time ends a loop', () =>
  changed((request) => ({
    ...request,
    limits: { ...request.limits, cpuTime: Number.POSITIVE_INFINITY, wallTime: SOON },
  })),
);

export const ignoresMemory = breakage(
  'ignores the memory limit',
  'limits',
  'memory is bounded exactly by the limit',
  () => changed((request) => ({ ...request, limits: { ...request.limits, memory: 2 ** 29 } })),
);

export const wrongCode = breakage('fails with a wrong code', 'limits', 'wall time ends a loop in time', () => ({
  instance: (inner) => ({
    run: (request) =>
      inner.run(request).catch((error) => {
        if (ColonyError.is(error) && error.code === 'ERR_LIMIT_WALL_TIME')
          throw new ColonyError('ERR_GUEST_TRAP', error.message);
        throw error;
      }),
  }),
}));

export const swallowsAbort = breakage(
  'swallows an abort',
  'abort',
  'a signal ends a call that loops, with its reason as the cause',
  () =>
    changed(({ signal: _ignored, limits, ...request }) => ({
      ...request,
      limits: { ...limits, wallTime: Math.min(limits.wallTime, SOON) },
    })),
);

/** The caller gets its error in time, but the guest runs for longer than any law observes it. */
export const abandonsRuns = breakage(
  'gives up runs instead of stopping them',
  'limits',
  'a call that was stopped uses no more CPU time',
  () => ({
    instance: (inner) => ({
      run: (request) => {
        const { wallTime } = request.limits;
        const going = inner.run({ ...request, limits: { ...request.limits, wallTime: wallTime + 60_000 } });
        const late = new Promise<never>((_, reject) => {
          setTimeout(() => reject(new ColonyError('ERR_LIMIT_WALL_TIME', 'late')), wallTime).unref();
        });
        going.catch(() => {});
        return Promise.race([going, late]);
      },
    }),
  }),
);

/** Runs continue, and an instance never frees its resources. */
export const noopDispose = breakage(
  'does nothing on dispose',
  'dispose',
  "a backend's instance ends its runs when it is disposed",
  () => ({
    instance: (inner) => ({
      run: ({ limits, ...request }) =>
        inner.run({ ...request, limits: { ...limits, wallTime: Math.min(limits.wallTime, SOON) } }),
      dispose: async () => {},
    }),
  }),
);
