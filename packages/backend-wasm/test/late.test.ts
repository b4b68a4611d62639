/** A call's wall time is the guest's own: the host's work and a worker's start do not count. */
import { setImmediate } from 'node:timers/promises';
import { createContext, js } from '@colony/core';
import { describe, expect, it } from 'vitest';

/** Large enough that a slow machine does not use it up for these calls. */
const WALL_MS = 3000;

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('a host that is busy for longer than the wall time of its calls', () => {
  it('accepts results that arrived meanwhile, from earlier and from new workers', async () => {
    await using context = await createContext({
      backend: 'wasm',
      program: js`export const add = (a, b) => a + b; export const loop = () => { for (;;); };`,
      policy: { limits: { wallTime: WALL_MS, cpuTime: WALL_MS } },
    });
    const calls = Promise.all([1, 2, 3, 4].map((n) => context.call('add', n, 1)));
    // The calls have started before the host is busy.
    await setImmediate();
    block(1.5 * WALL_MS);
    expect(await calls).toStrictEqual([2, 3, 4, 5]);
    await expect(context.call('loop')).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_LIMIT_(WALL|CPU)_TIME$/),
    });
  });
});
