/**
 * Nothing is wrong and nothing is left after many calls of which one in a hundred crashes its guest. Short by default;
 * `npm run soak -w @colony/matrix` makes 100,000 on each backend (COLONY_SOAK=1).
 */
import assert from 'node:assert/strict';
import { BACKENDS } from '@colony/matrix';
import { it } from 'vitest';
import { soak } from '../src/soak.js';
import { describeOn } from './lib.js';

const long = process.env['COLONY_SOAK'] === '1';
const CALLS = long ? 100_000 : 1500;
/** A short run is over before allocators have come to rest. */
const SLACK = long ? { descriptors: 8, children: 2, mebibytes: 0 } : { descriptors: 16, children: 4, mebibytes: 40 };

for (const backend of BACKENDS) {
  describeOn(backend, `soak${long ? '' : ' (short)'}`, () => {
    it(
      `${CALLS} calls, one in a hundred of a guest that crashes`,
      async () => {
        const report = await soak(backend, CALLS);
        console.log(`SOAK ${JSON.stringify(report)}`);
        assert.deepEqual(report.wrong, [], `${report.wrongCount} wrong results`);
        assert.equal(report.crashes, Math.floor(CALLS / 100));
        assert.ok(report.leakedChildren <= SLACK.children, `${report.leakedChildren} children more`);
        assert.ok(report.leakedDescriptors <= SLACK.descriptors, `${report.leakedDescriptors} descriptors more`);
        assert.ok(report.mebibytes.beyondTenth <= SLACK.mebibytes, JSON.stringify(report.mebibytes));
      },
      long ? 7_200_000 : 300_000,
    );
  });
}
