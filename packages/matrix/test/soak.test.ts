/**
 * Many calls, of which one in a hundred crashes its guest, give no wrong result and leave nothing behind. Short by
 * default; `npm run soak -w @colony/matrix` makes 100,000 on each backend (COLONY_SOAK=1).
 */
import { BACKENDS } from '@colony/matrix';
import { expect, it } from 'vitest';
import { soak } from '../src/soak.js';
import { describeOn } from './lib.js';

const long = process.env['COLONY_SOAK'] === '1';
const CALLS = long ? 100_000 : 1500;
/** A short run ends before allocators have settled. */
const SLACK = long ? { descriptors: 8, children: 2, mebibytes: 0 } : { descriptors: 16, children: 4, mebibytes: 40 };

for (const backend of BACKENDS) {
  describeOn(backend, `soak${long ? '' : ' (short)'}`, () => {
    it(
      `${CALLS} calls, one in a hundred of a guest that crashes`,
      async () => {
        const report = await soak(backend, CALLS);
        console.log(`SOAK ${JSON.stringify(report)}`);
        expect(report.wrong, `${report.wrongCount} wrong results`).toStrictEqual([]);
        expect(report.crashes).toBe(Math.floor(CALLS / 100));
        expect(report.leakedChildren, `${report.leakedChildren} children more`).toBeLessThanOrEqual(SLACK.children);
        expect(report.leakedDescriptors, `${report.leakedDescriptors} descriptors more`).toBeLessThanOrEqual(
          SLACK.descriptors,
        );
        expect(report.mebibytes.beyondTenth, JSON.stringify(report.mebibytes)).toBeLessThanOrEqual(SLACK.mebibytes);
      },
      long ? 7_200_000 : 300_000,
    );
  });
}
