/** Claims of a Node process that serves a program, and what the caller receives. */
import { type ColonyError, DEFAULT_LIMITS } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import { describe, expect, it } from 'vitest';
import { TYPE } from '../src/channel/index.js';
import type { NodeChild } from '../src/children/node-child.js';
import { Run } from '../src/children/node-run.js';
import { writeReport } from '../src/inside/report.js';
import type { ChildPool } from '../src/javascript/child-pool.js';
import { Evaluated } from '../src/javascript/evaluated.js';
import { Journal } from '../src/javascript/journal.js';

const { startTime: _, hypercalls: __, bytesIn: ___, bytesOut: ____, ...limits } = DEFAULT_LIMITS;

describe('a child process', () => {
  it('that reports more usage than possible is charged with the most possible', async () => {
    const child = { cpuTime: () => 0, send: () => {}, fail: (error: ColonyError) => run.fail(error) };
    const run = new Run({ input: [], limits, onHypercall: () => [], signal: undefined }, child);
    run.take({ call: 1, type: TYPE.result, payload: writeReport({ cpuTime: 1e300, memory: 1e300, flags: 0 }) });
    const { usage } = await run.result;
    expect(usage.memory).toBe(limits.memory);
    expect(usage.cpuTime).toBe(usage.wallTime);
  });

  it('that evaluates the program again for too long fails the waiting call with the name of the limit', async () => {
    const gone = new Promise<void>(() => {});
    const slow = {
      run: () => Promise.reject(limitError('wallTime', { ...limits, wallTime: 31_000 })),
      kill() {},
      gone,
    };
    const pool = { take: () => Promise.resolve(slow) } as unknown as ChildPool;
    const origin = {
      loadFrame: new Uint8Array(0),
      limits,
      journal: new Journal(),
      result: new Uint8Array(0),
      exports: [],
    };
    const first = { memory: 0, alive: true, kill() {}, gone } as unknown as NodeChild;
    const program = new Evaluated(origin, first, { pool, warm: 0, onKept: () => {} });
    const { signal } = new AbortController();
    await expect(program.take(limits.memory, signal)).rejects.toMatchObject({
      code: 'ERR_LIMIT_WALL_TIME',
      message: expect.stringMatching(/took longer than 31000 ms to evaluate the program/),
      details: { limit: 31_000 },
    });
  });
});
