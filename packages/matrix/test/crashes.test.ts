/** However a guest crashes, later calls return correct results, although they may reuse its resources. */
import { suiteProgramOf } from '@colony/conformance';
import { createContext } from '@colony/core';
import { BACKENDS, KINDS } from '@colony/matrix';
import { expect, it } from 'vitest';
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
            expect(await crashOnce(context, kind, way)).toBe(undefined);
            for (let i = 0; i < 4; i++) {
              expect(await context.call('add', i, 7), `call ${i} after ${way.name}`).toBe(i + 7);
              expect(await context.call('bump'), `state after ${way.name}`).toBe(1);
            }
          }
        } finally {
          await context.dispose();
        }
      });
    }
  });
}
