// The native measurement and the virtines do the same work.
import { describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { LIBRARIES, MEASURED } from '../src/suites/libraries/index.js';
import { openWork } from '../src/suites/libraries/work.js';
import { expectQuickRun } from './quick-run.js';

describe.each(LIBRARIES)('$subject', ({ example, job }) => {
  it('returns the same from a virtine as from a native call', { timeout: 300_000 }, async (task) => {
    const work = await openWork(example, job).catch((error: Error) => {
      if (/is not here/.test(error.message)) task.skip(error.message.split('\n')[0]);
      throw error;
    });
    const native = work.process === undefined ? work.sizeOf(work.call?.()) : (await work.process(1)).size;
    expect(native).toBeGreaterThan(0);
    for (const backend of MEASURED) {
      if (backend === 'kvm' && kvmProblem() !== undefined) continue;
      const isolated = await work.isolated(backend);
      expect([backend, work.sizeOf(isolated.call())]).toEqual([backend, native]);
      await isolated.dispose();
    }
  });
});

it('every subject of a quick run is measured, or there is a reason', { timeout: 600_000 }, (task) =>
  expectQuickRun('libraries', task),
);
