/**
 * `isolation: 'thread'`: the same laws about what a program can observe. It is not a boundary: the suite's scenarios
 * that attack a boundary do not run, and a policy that demands a boundary refuses it.
 */
import { conformance, fails, wrapBackend } from '@colony/conformance';
import { type BackendModule, createContext, js, native } from '@colony/core';
import { probePath } from '@colony/guest/probes';
import { describe, expect, it } from 'vitest';
import { backend } from '../dist/index.js';
import { contexts } from './lib/contexts.js';

/** Under a separate name, because the suite opens backends by their names. */
const threads: BackendModule = wrapBackend(
  { ...backend, open: (options) => backend.open({ ...options, isolation: 'thread' }) },
  'threads',
  { backend: () => ({ name: 'threads' }) },
);

describe('conformance', () =>
  conformance({
    test: { describe, it },
    backend: threads,
    hostile: false,
    runs: 10,
    filter: ({ program = 'js', theme }) => program === 'js' && theme !== 'native',
  }));

describe('isolation: thread', () => {
  const isolation = { backendOptions: { isolation: 'thread' } };
  const create = contexts(isolation);

  it('reports its isolation', async () => {
    const { capabilities } = await create({ program: js('export const one = () => 1') });
    expect([capabilities.boundary, capabilities.mechanisms]).toStrictEqual(['thread', []]);
    expect(capabilities.programs).toStrictEqual(['js']);
    expect(capabilities.limits.memory).toBe(false);
  });

  it('runs no machine code', async () => {
    const program = native.c(probePath('basic'));
    await fails('ERR_UNSUPPORTED', () => createContext({ backend: 'process', program, ...isolation }));
  });

  it('is refused by a policy that demands a boundary', async () => {
    const program = js('export const one = () => 1');
    const policy = { isolation: { boundary: ['process' as const] } };
    await fails('ERR_POLICY_DENIED', () => createContext({ backend: 'process', program, policy, ...isolation }));
  });

  it("ends a loop, and the thread with it; V8's heap has a limit", async () => {
    const program = js(
      'export const loop = () => { for (;;); }; export const heap = () => { const a = []; for (;;) a.push([1, {}]); }; export const one = () => 1;',
    );
    const context = await create({ program, policy: { limits: { wallTime: 120_000, cpuTime: 120_000 } } });
    await fails('ERR_LIMIT_WALL_TIME', () => context.with({ limits: { wallTime: 100 } }).call('loop'));
    await fails('ERR_LIMIT_CPU_TIME', () => context.with({ limits: { cpuTime: 100 } }).call('loop'));
    // Each could end the whole process if new objects had more room than a thread needs to end.
    for (let i = 0; i < 6; i++) await fails('ERR_LIMIT_MEMORY', () => context.call('heap'));
    expect(await context.call('one')).toBe(1);
  });
});
