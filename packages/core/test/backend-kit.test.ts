/** Tests the code that backends share. */
import { expect, it } from 'vitest';
import type { HypercallHandler, InstanceOptions } from '../src/backend.js';
import { limitError, limitFailure, SharedWork, StartCache } from '../src/backend-kit/index.js';
import { concat, encode } from '../src/wire/codec/public.js';

it('shared work ends when all its waiters were aborted, and not before', async () => {
  const controllers = [new AbortController(), new AbortController()];
  let ended: AbortSignal | undefined;
  const work = new SharedWork((signal) => {
    ended = signal;
    return new Promise(() => {});
  });
  const joined = controllers.map(({ signal }) => work.join(signal).catch((error) => error.code));
  controllers[0]!.abort();
  expect([await joined[0], ended!.aborted]).toEqual(['ERR_ABORTED', false]);
  controllers[1]!.abort();
  expect([await joined[1], ended!.aborted]).toEqual(['ERR_ABORTED', true]);
});

const limits = { memory: 1000, wallTime: 20, cpuTime: 30, output: 40 };

it('errors of limits name the limit', () => {
  for (const name of ['memory', 'wallTime', 'cpuTime', 'output'] as const) {
    const { code, message, details } = limitError(name, limits, 'a note');
    expect(message).toMatch(new RegExp(`\\b${limits[name]}\\b.*limits\\.${name}.* \\(a note\\)$`));
    expect(details).toEqual({ limit: limits[name] });
    expect(limitFailure(code, limits, 'a note')).toEqual({ message, details });
  }
  expect(limitFailure('ERR_ABORTED', limits)).toBeUndefined();
});

/** Returns a cache whose evaluations finish when the test decides. */
function evaluations() {
  const kept = new Map<string, number>();
  const pending: { finish: (start: number) => void; fail: (error: Error) => void; onHypercall: HypercallHandler }[] =
    [];
  const store = {
    take: (key: string) => kept.get(key),
    keep: (key: string, start: number) => void kept.set(key, start),
  };
  const evaluate = (_: InstanceOptions, onHypercall: HypercallHandler) =>
    new Promise<number>((finish, fail) => pending.push({ finish, fail, onHypercall }));
  return { cache: new StartCache<number>(store, { evaluate }), kept, pending };
}
const options = (signal?: AbortSignal) =>
  ({ program: { hash: 'h' }, onHypercall: () => [], signal }) as unknown as InstanceOptions;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('a program is evaluated once for simultaneous and for later callers', async () => {
  const { cache, pending } = evaluations();
  const starts = [cache.start(options()), cache.start(options())];
  expect(pending).toHaveLength(1);
  pending[0]!.finish(7);
  expect(await Promise.all(starts)).toEqual([7, 7]);
  expect(await cache.start(options())).toBe(7);
  expect(pending).toHaveLength(1);
});

it('a state is not shared when its evaluation made a hypercall or failed', async () => {
  const { cache, kept, pending } = evaluations();
  const starts = [cache.start(options()), cache.start(options())];
  pending[0]!.onHypercall(new Uint8Array());
  pending[0]!.finish(1);
  expect(await starts[0]).toBe(1);
  await turn();
  pending[1]!.fail(new Error('thrown'));
  await expect(starts[1]).rejects.toThrow('thrown');
  expect(kept.size).toBe(0);
  const third = cache.start(options());
  pending[2]!.finish(3);
  expect(await third).toBe(3);
  expect(kept.get('h')).toBe(3);
});

it("a Linux program's state is shared although it asked for files, and not if it asked for facts", async () => {
  const { cache, kept, pending } = evaluations();
  const linux = (hash: string) => ({ ...options(), program: { kind: 'linux', hash } }) as unknown as InstanceOptions;
  const request = (name: string) => concat(encode([`colony:linux.${name}`, []])).slice();
  const starts = [cache.start(linux('files')), cache.start(linux('facts'))];
  for (const name of ['look', 'read', 'list']) for (const { onHypercall } of pending) onHypercall(request(name));
  pending[1]!.onHypercall(request('facts'));
  for (const { finish } of pending) finish(1);
  await Promise.all(starts);
  expect([...kept.keys()]).toEqual(['files']);
});

it("a waiter's signal ends its wait, and not the evaluation", async () => {
  const { cache, pending } = evaluations();
  const controller = new AbortController();
  const first = cache.start(options());
  const second = cache.start(options(controller.signal));
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  pending[0]!.finish(5);
  expect(await first).toBe(5);
});
