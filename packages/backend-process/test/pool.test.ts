/** Shared by the pools of both kinds of children: a gate, and a guard against crash loops. */
import { ColonyError } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { CrashLoopGuard } from '../src/children/crash-loop-guard.js';
import { Gate } from '../src/children/gate.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('gate', () => {
  it('admits up to the limit, and the others in their order', async () => {
    const gate = new Gate(2);
    const inside: number[] = [];
    for (let i = 0; i < 5; i++) void gate.enter().then(() => inside.push(i));
    await tick();
    expect([inside, gate.waiting]).toStrictEqual([[0, 1], 3]);
    gate.leave();
    gate.leave();
    await tick();
    expect([inside, gate.inside, gate.waiting]).toStrictEqual([[0, 1, 2, 3], 2, 1]);
  });

  it('gives no place to a waiter that was aborted', async () => {
    const gate = new Gate(1);
    await gate.enter();
    const controller = new AbortController();
    const waiting = gate.enter(controller.signal);
    controller.abort('enough');
    await expect(waiting).rejects.toSatisfy((reason) => reason === 'enough');
    gate.leave();
    await gate.enter(AbortSignal.timeout(1000));
    expect([gate.inside, gate.waiting]).toStrictEqual([1, 0]);
  });

  it('readmits a returning holder at once, and lets waiters wait until there is room', async () => {
    const gate = new Gate(1);
    await gate.enter();
    gate.leave(); // parked
    await gate.enter(); // another one
    gate.reenter();
    expect(gate.inside).toBe(2);
    let entered = false;
    void gate.enter().then(() => {
      entered = true;
    });
    gate.leave();
    await tick();
    expect(entered).toBe(false);
    gate.leave();
    await tick();
    expect(entered).toBe(true);
  });
});

describe('crash-loop guard', () => {
  const fail = (guard: CrashLoopGuard, times: number) => {
    for (let i = 0; i < times; i++) guard.failed('out of luck');
  };

  it('closes after the limit of deaths in a row, with the last output, and opens after a pause that doubles', () => {
    let now = 0;
    const guard = new CrashLoopGuard('children', { most: 3, firstPause: 100, longestPause: 250, now: () => now });
    fail(guard, 2);
    guard.check();
    fail(guard, 1);
    expect(() => guard.check()).toThrow(
      expect.toSatisfy(
        (error: unknown) =>
          ColonyError.is(error) &&
          error.code === 'ERR_BACKEND_UNAVAILABLE' &&
          /children died 3 times.*out of luck.*100 ms/.test(error.message),
      ),
    );
    now = 100;
    guard.check();
    for (const pause of [200, 250, 250]) {
      fail(guard, 1);
      now += pause - 1;
      expect(guard.closed, `open before ${pause} ms are over`).toBe(true);
      now += 1;
      expect(guard.closed).toBe(false);
    }
  });

  it('resets when a child serves', () => {
    const guard = new CrashLoopGuard('children', { most: 3 });
    fail(guard, 2);
    guard.succeeded();
    fail(guard, 2);
    guard.check();
  });
});
