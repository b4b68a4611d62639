import { describe, expect, it } from 'vitest';
import { METHODS, type Method, STATES, type State, TABLE } from '../src/context/lifecycle.js';
import { ColonyError, type Context, createContext, js } from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

const backend = fakeBackend({ spares: 1 });
const program = js`export const one = () => 1; export const wait = () => host.f(); export const loop = () => { for (;;); }`;

/** Brings a context into a state. `release` lets active calls end. */
async function bring(state: State): Promise<{ ctx: Context; release: () => Promise<void> }> {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const options = {
    backend,
    program,
    hypercalls: { f: () => gate },
    // A call that waits for the host waits until its release, even on a slow machine.
    policy: { hypercalls: { f: true } as const, limits: { wallTime: '5 min' } },
  };
  const ctx = await createContext(options);
  let going: Promise<unknown> = Promise.resolve();
  if (state === 'running') going = ctx.call('wait');
  if (state === 'keeping') going = ctx.with({ state: 'keep' }).call('wait');
  if (state === 'poisoned')
    await ctx
      .with({ state: 'keep', limits: { wallTime: 20 } })
      .call('loop')
      .catch(() => {});
  if (state === 'disposed') await ctx.dispose();
  const release = async () => {
    open();
    await going.catch(() => {});
    await ctx.dispose();
  };
  return { ctx, release };
}

const actions: Record<Method, (ctx: Context) => unknown> = {
  call: (ctx) => ctx.call('one'),
  callKeep: (ctx) => ctx.with({ state: 'keep' }).call('one'),
  callSync: (ctx) => ctx.callSync('one'),
  callSyncKeep: (ctx) => ctx.with({ state: 'keep' }).callSync('one'),
  snapshot: (ctx) => ctx.snapshot(),
  reset: (ctx) => ctx.reset(),
  dispose: (ctx) => ctx.dispose(),
  stats: (ctx) => ctx.stats(),
};

describe.each(STATES)('in the state %s', (state) => {
  it.each(METHODS)('%s', async (method) => {
    const { ctx, release } = await bring(state);
    const permission = TABLE[method][state];
    const attempt = (async () => await actions[method](ctx))().then(
      () => 'ok',
      (error) => (error as ColonyError).code,
    );
    if (permission === 'wait') {
      const early = await Promise.race([attempt, new Promise((resolve) => setTimeout(resolve, 20, 'waits'))]);
      expect(early).toBe('waits');
      await release();
      expect(['ok', 'ERR_DISPOSED']).toContain(await attempt);
    } else {
      expect(await attempt).toBe(permission);
      await release();
    }
  });
});

it('an error has its name, code, cause and details, and shows no cause among its keys', () => {
  const error = new ColonyError('ERR_BUSY', 'm', { cause: 1, details: { row: 2 } });
  expect([
    error.name,
    error.code,
    error.cause,
    error.details.row,
    ColonyError.is(error),
    ColonyError.is(new Error('x')),
  ]).toEqual(['ColonyError', 'ERR_BUSY', 1, 2, true, false]);
  expect(Object.keys(new ColonyError('ERR_BUSY', 'm'))).not.toContain('cause');
});
