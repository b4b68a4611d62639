/**
 * Repeated calls, some with a crash of the guest, leak nothing. Short by default; `COLONY_SOAK=1 npx vitest run
 * --project backend-process packages/backend-process/test/soak.test.ts` makes 5000.
 */
import { descriptorCount, eventually, outcome } from '@colony/conformance';
import { createContext, js, openBackend } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { descendantsOf } from './lib/processes.js';

const long = process.env['COLONY_SOAK'] === '1';
const CALLS = long ? 5000 : 60;
const MIB = 2 ** 20;
const program = js(
  'let n = 0; export const bump = (v) => [++n, v]; export const fail = () => { throw new Error("x") }; export const eat = () => { const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1)); }; export const loop = () => { for (;;); }; export const ask = (v) => host.echo(v);',
);

describe(`soak${long ? '' : ' (short)'}`, () => {
  it(
    `${CALLS} calls, some of whose guests crash`,
    async () => {
      const context = await createContext({
        backend: 'process',
        program,
        hypercalls: { echo: async (v: unknown) => v },
        policy: { hypercalls: { echo: true }, limits: { wallTime: 120_000, cpuTime: 120_000 } },
      });
      const one = async (i: number) => {
        if (i % 20 === 7) {
          expect('code' in (await outcome(() => context.call('eat')))).toBeTruthy();
          return;
        }
        if (i % 20 === 13) {
          expect('code' in (await outcome(() => context.with({ limits: { wallTime: 30 } }).call('loop')))).toBeTruthy();
          return;
        }
        if (i % 5 === 2) {
          expect(await context.call('ask', i)).toBe(i);
          return;
        }
        expect(await context.call('bump', i)).toStrictEqual([1, i]);
        return;
      };
      const many = async (from: number, to: number) => {
        for (let i = from; i < to; i += 4) await Promise.all([0, 1, 2, 3].map((k) => one(i + k)));
      };
      await many(0, CALLS / 5);
      const before = { fds: descriptorCount(), rss: process.memoryUsage.rss() };
      await many(CALLS / 5, CALLS);
      const growth = (process.memoryUsage.rss() - before.rss) / MIB;
      expect(growth, `memory grew by ${growth.toFixed(1)} MiB`).toBeLessThan(48);
      await context.dispose();
      const backend = await openBackend('process');
      await eventually(() => {
        const left = descendantsOf(process.pid).length;
        if (left > 0 || backend.stats()['children'] !== 0) return `${left} children are left`;
        return descriptorCount() > before.fds ? `${descriptorCount() - before.fds} descriptors are left` : undefined;
      });
    },
    long ? 3_600_000 : 300_000,
  );
});
