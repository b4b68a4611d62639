/** Contexts wait together for the engine's start, each only until its own signal aborts. */
import type { InstanceOptions, RunLimits } from '@colony/core';
import { describe, expect, it } from 'vitest';
import type { Runner } from '../dist/run/runner.js';
import { StartStateCache } from '../dist/state/start-state-cache.js';

const limits: RunLimits = { memory: 2 ** 26, wallTime: 1000, cpuTime: 1000, output: 2 ** 20 };

/** A runner whose runs end only by their signal. */
function hangingRunner() {
  const runs: AbortSignal[] = [];
  const runner = {
    start: (program: unknown) => ({ id: 1, program }),
    run: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        runs.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason));
        started();
      }),
  };
  let started = () => {};
  const nextRun = () =>
    new Promise<void>((resolve) => {
      started = resolve;
    });
  return { runner: runner as unknown as Runner, runs, nextRun };
}

function javascript(hash: string, signal: AbortSignal): InstanceOptions {
  return {
    program: { kind: 'js', hash },
    limits,
    onHypercall: () => [],
    loadFrame: [],
    signal,
  } as unknown as InstanceOptions;
}

describe('contexts that wait for the engine to start', () => {
  it('stop waiting by their own signals, and the last one ends the start', async () => {
    const { runner, runs, nextRun } = hangingRunner();
    const states = new StartStateCache(runner, () => expect.unreachable('there is no snapshot'));
    const running = nextRun();
    const [first, second, later] = [new AbortController(), new AbortController(), new AbortController()];
    const starts = [first, second].map(({ signal }, i) => states.ready(javascript(`program ${i}`, signal)));
    const [a, b] = starts.map((start) => expect(start).rejects.toMatchObject({ code: 'ERR_ABORTED' }));
    await running;
    second.abort();
    await b;
    expect(runs[0]!.aborted, 'the first one still waits').toBe(false);
    first.abort();
    await a;
    expect(runs[0]!.aborted, 'the start went on without anybody who waits for it').toBe(true);
    const again = nextRun();
    const third = expect(states.ready(javascript('program 2', later.signal))).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    await again;
    expect(runs.length, 'a start that was given up was used again').toBe(2);
    later.abort();
    await third;
  });
});
