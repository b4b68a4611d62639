/** Whatever way a guest crashes, the calls after it, which may get what it leaves behind, are right. */
import assert from 'node:assert/strict';
import { suiteProgramOf } from '@colony/conformance';
import { createContext } from '@colony/core';
import { BACKENDS, KINDS } from '@colony/matrix';
import { it } from 'vitest';
import { CRASHES, crashOnce } from '../src/soak.js';
import { describeOn } from './lib.js';

for (const backend of BACKENDS) {
  describeOn(backend, 'crashes', () => {
    for (const kind of KINDS) {
      const ways = CRASHES.filter(({ kinds }) => kinds.includes(kind));
      it(`${kind}: ${ways.map(({ name }) => name).join(', ')}`, async () => {
        const context = await createContext({
          backend,
          program: await suiteProgramOf(kind),
          policy: { limits: { memory: '24 MiB', wallTime: '2 min', cpuTime: '2 min' } },
        });
        try {
          for (const way of [...ways, ...ways]) {
            assert.equal(await crashOnce(context, kind, way), undefined);
            for (let i = 0; i < 4; i++) {
              assert.equal(await context.call('add', i, 7), i + 7, `call ${i} after ${way.name}`);
              assert.equal(await context.call('bump'), 1, `state after ${way.name}`);
            }
          }
        } finally {
          await context.dispose();
        }
      });
    }
  });
}
