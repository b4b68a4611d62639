/** Large numbers of live contexts and waiting calls, in one process that does nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { descriptorCount } from '@colony/conformance';
import { type Context, createContext, js } from '@colony/core';
import { expect, it } from 'vitest';
import { describeKvm, PATIENT } from './lib/kvm.js';

/** Our threads: the kernel lists its own worker of each VM among the threads of the process. */
const threads = () =>
  readdirSync('/proc/self/task').filter((task) => {
    try {
      return !/^kvm/.test(readFileSync(`/proc/self/task/${task}/comm`, 'utf8'));
    } catch {
      return false; // the thread has ended meanwhile
    }
  }).length;
const rss = () => process.memoryUsage.rss();
const program = js(
  `let mine; export const keep = (v) => { mine = v }; export const recall = () => mine; export const wait = (n) => host.wait(n);`,
);

const patient = { backend: 'kvm', program, policy: { limits: PATIENT } } as const;

describeKvm('many', () => {
  it('10,000 contexts live with their own values; idle ones hold no VM', async () => {
    const first = await createContext(patient);
    await first.call('recall');
    const before = { fds: descriptorCount(), rss: rss() };
    const contexts: Context[] = [];
    for (let i = 0; i < 10_000; i++) contexts.push(await createContext(patient));
    for (let i = 0; i < 10_000; i += 97) expect(await contexts[i]!.call('recall')).toBe(undefined);
    expect(
      descriptorCount() - before.fds,
      `10,000 idle contexts hold ${descriptorCount() - before.fds} descriptors`,
    ).toBeLessThan(100);
    const perInstance = (rss() - before.rss) / 10_000;
    expect(perInstance, `an idle context adds ${Math.round(perInstance / 1024)} KiB`).toBeLessThan(256 * 1024);
    await Promise.all([first, ...contexts].map((context) => context.dispose()));
  }, 300_000);

  it('300 contexts keep their own states with fewer shells', async () => {
    const contexts = await Promise.all(Array.from({ length: 300 }, () => createContext(patient)));
    for (const [i, context] of contexts.entries()) await context.with({ state: 'keep' }).call('keep', `of ${i}`);
    for (const [i, context] of contexts.entries())
      expect(await context.with({ state: 'keep' }).call('recall')).toBe(`of ${i}`);
    await Promise.all(contexts.map((context) => context.dispose()));
  }, 300_000);

  it('500 calls that wait for a host function hold no threads', async () => {
    const waiting: ((value: number) => void)[] = [];
    const wait = () => new Promise<number>((resolve) => waiting.push(resolve));
    const policy = { hypercalls: { wait: true as const }, limits: { ...PATIENT, wallTime: 290_000 } };
    const context = await createContext({ backend: 'kvm', program, hypercalls: { wait }, policy });
    await context.call('recall');
    const before = threads();
    const calls = Array.from({ length: 500 }, (_, n) => context.call('wait', n));
    while (waiting.length < 500) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(threads() - before, `${threads() - before} threads more than before`).toBeLessThan(10);
    for (const [i, resolve] of waiting.reverse().entries()) resolve(i);
    expect((await Promise.all(calls)).length).toBe(500);
    await context.dispose();
  }, 300_000);
});
