import assert from 'node:assert/strict';
import { fails, sleep } from '../expect.js';
import type { Tools } from '../law.js';
import { granted, PATIENT } from '../programs/index.js';
import { EVERYWHERE, MACHINE, needsAsync, needsKeep, needsSync, theme } from './define.js';
import { anyValue } from './values.js';

interface Caught {
  readonly value?: unknown;
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly stack?: string;
  readonly thrown?: unknown;
}

async function once(t: Tools): Promise<void> {
  const seen: unknown[] = [];
  const context = await t.context(granted({ note: (n: number) => seen.push(n) }));
  const answers = await context.call('askMany', 'note', 50);
  assert.deepEqual(seen, [...Array(50).keys()], 'each hypercall must reach the host once, in order');
  assert.deepEqual(
    answers,
    seen.map((n) => (n as number) + 1),
  );
  if (!t.capabilities.callSync) return;
  seen.length = 0;
  context.callSync('askMany', 'note', 20);
  assert.deepEqual(seen, [...Array(20).keys()]);
}

async function thrown(t: Tools): Promise<void> {
  let next: unknown;
  const context = await t.context(
    granted({
      fail: () => {
        throw next;
      },
      later: async () => {
        throw next;
      },
    }),
  );
  const asked: readonly string[] = t.capabilities.asyncHypercalls ? ['fail', 'later'] : ['fail'];
  for (const name of asked) {
    next = Object.assign(new RangeError('not that one'), { code: 'E_ROW' });
    const error = (await context.call('askCaught', name)) as unknown as Caught;
    assert.deepEqual([error.name, error.message, error.code], ['RangeError', 'not that one', 'E_ROW']);
    assert.doesNotMatch(
      error.stack ?? '',
      /hypercalls\.(js|ts)|node:internal|node_modules/,
      "the host's stack reached the guest",
    );
    for (next of [null, undefined, 'text', 7]) {
      const caught = (await context.call('askCaught', name)) as unknown as Caught;
      assert.ok(
        'thrown' in caught ? Object.is(caught.thrown, next) : caught.code === 'ERR_HYPERCALL_FAILED',
        `${String(next)} arrived as ${JSON.stringify(caught)}`,
      );
    }
    for (next of [
      {
        get message(): never {
          throw 1;
        },
      },
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('trap');
          },
        },
      ),
      Symbol('s'),
      () => 1,
    ]) {
      const caught = (await context.call('askCaught', name)) as unknown as Caught;
      assert.equal(caught.code, 'ERR_HYPERCALL_FAILED');
    }
  }
}

async function uncaught(t: Tools): Promise<void> {
  const cause = new RangeError('the database is away');
  const context = await t.context(
    granted({
      fail: () => {
        throw cause;
      },
    }),
  );
  const error = await fails('ERR_GUEST_THROWN', () => context.call('ask', 'fail'));
  assert.equal(error.cause, cause);
  assert.equal(error.details.hypercall, 'fail');
  assert.equal(error.details.guest?.message, 'the database is away');
}

async function neverSettles(t: Tools): Promise<void> {
  let signal: AbortSignal | undefined;
  function hang(this: { signal: AbortSignal }) {
    signal = this.signal;
    return new Promise(() => {});
  }
  const context = await t.context(granted({ 'host.ask': hang }));
  // A busy machine may use up all of that time before the host function is called.
  for (let wallTime = 150; wallTime < PATIENT.wallTime && signal === undefined; wallTime *= 2)
    await fails('ERR_LIMIT_WALL_TIME', () => context.with({ limits: { wallTime } }).call('askHost', 1));
  assert.ok(signal?.aborted, "the host function's signal should be aborted when its caller is gone");
  assert.equal(await context.call('add', 1, 1), 2);
}

async function unencodableReply(t: Tools): Promise<void> {
  const context = await t.context(granted({ fn: () => () => 1 }));
  const caught = (await context.call('askCaught', 'fn')) as unknown as Caught;
  assert.equal(caught.code, 'ERR_NOT_SERIALIZABLE');
}

/** Numbers in both directions, sync and async, in order. */
async function numbersAsked(t: Tools): Promise<void> {
  const seen: unknown[] = [];
  const double = (n: number) => {
    seen.push(n);
    return n * 2;
  };
  const contexts = [await t.context(granted({ 'host.ask': double }))];
  if (t.capabilities.asyncHypercalls)
    contexts.push(await t.context(granted({ 'host.ask': async (n: number) => double(n) })));
  for (const context of contexts) {
    seen.length = 0;
    assert.equal(await context.call('askHost', -21), -42);
    assert.equal(await context.call('askHostMany', 10), 90);
    assert.deepEqual(seen, [-21, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
  const sync = contexts[0]!;
  if (t.capabilities.callSync) assert.equal(sync.callSync('askHostMany', 10), 90);
}

/** An error or a wrong type from a host function ends the call with one of Colony's codes. */
async function wrongAnswers(t: Tools): Promise<void> {
  let next: () => unknown = () => 1;
  const cause = new RangeError('the database is away');
  const context = await t.context(granted({ 'host.ask': () => next() }));
  next = () => {
    throw cause;
  };
  const error = await fails('ERR_GUEST_THROWN', () => context.call('askHost', 1));
  assert.equal(error.cause, cause);
  assert.equal(error.details.hypercall, 'host.ask');
  for (const value of ['text', {}, [1], new Uint8Array(4), () => 1, Symbol('s'), 1.5, 2n ** 70n]) {
    next = () => value;
    await fails(['ERR_GUEST_THROWN', 'ERR_NOT_SERIALIZABLE'], () => context.call('askHost', 1), String(typeof value));
    next = () => 7;
    assert.equal(await context.call('askHost', 1), 7);
  }
}

async function reentrantFresh(t: Tools): Promise<void> {
  const context = await t.context(granted({ 'host.ask': async () => await context.call('add', 20, 1) }));
  assert.equal(await context.call('askHost', 1), 21);
}

async function endlessNesting(t: Tools): Promise<void> {
  const context = await t.context(
    granted(
      { 'host.ask': async (): Promise<unknown> => await context.call('askHost', 1) },
      // Each level may need a worker, which start one after the other.
      { wallTime: 500_000, cpuTime: 500_000 },
    ),
  );
  await fails(['ERR_GUEST_THROWN', 'ERR_REENTRANT'], () => context.call('askHost', 1));
  assert.equal(await context.call('add', 1, 1), 2);
}

async function reentrantKeep(t: Tools): Promise<void> {
  let code: unknown;
  const back = async () => {
    code = await kept.call('bump').catch((error) => error.code);
    return 1;
  };
  const context = await t.context(granted({ 'host.ask': back }));
  const kept = context.with({ state: 'keep' });
  await kept.call('askHost', 1);
  assert.equal(code, 'ERR_REENTRANT');
}

export const hypercalls = theme('hypercalls', [
  [
    'a host function gets the arguments, and the guest gets its value',
    async (t) => {
      const context = await t.context(granted({ join: (...parts: unknown[]) => parts.join('-') }));
      assert.equal(await context.call('ask', 'join', 1, 'b', true), '1-b-true');
      assert.equal(await context.call('askAwait', 'join', 1), '1');
    },
  ],
  ['each hypercall reaches the host once, in order', once],
  ['numbers cross to host functions and back', numbersAsked, { programKinds: MACHINE }],
  [
    'a host function that throws or returns an invalid value ends the call with a code',
    wrongAnswers,
    { programKinds: MACHINE },
  ],
  [
    'generated values survive a hypercall both ways',
    async (t) => {
      let seen: unknown;
      const context = await t.context(
        granted({
          mirror: (value: unknown) => {
            seen = value;
            return value;
          },
        }),
      );
      await t.property(anyValue, async (value) => {
        assert.deepStrictEqual(await context.call('ask', 'mirror', value), structuredClone(value));
        assert.deepStrictEqual(seen, structuredClone(value));
      });
    },
  ],
  [
    'an async host function is awaited',
    async (t) => {
      const context = await t.context(
        granted({
          slow: async (n: number) => {
            await sleep(5);
            return n * 2;
          },
        }),
      );
      assert.equal(await context.call('ask', 'slow', 4), 8);
      assert.deepEqual(await context.call('askAll', 'slow', [1, 2, 3]), [2, 4, 6]);
    },
    {
      needs: needsAsync,
      refusal: async (t) => {
        const context = await t.context(granted({ slow: async () => 1 }));
        await fails(['ERR_UNSUPPORTED', 'ERR_ASYNC_IN_SYNC'], () => context.call('ask', 'slow'));
      },
    },
  ],
  ["a host function's error reaches the guest without its stack", thrown],
  ["a host function's error that the guest does not catch is the call's error, with its cause", uncaught],
  [
    'a host function that never settles ends with the wall time',
    neverSettles,
    { programKinds: EVERYWHERE, needs: needsAsync },
  ],
  ['a value that cannot cross back is an error for the guest', unencodableReply],
  [
    'an async host function ends callSync with ERR_ASYNC_IN_SYNC',
    async (t) => {
      const context = await t.context(granted({ 'host.ask': async () => 1 }));
      await fails('ERR_ASYNC_IN_SYNC', () => context.callSync('askHost', 1));
      assert.equal(context.callSync('add', 1, 1), 2);
    },
    { programKinds: EVERYWHERE, needs: needsSync },
  ],
  [
    'a host function may make fresh calls of the context that waits for it',
    reentrantFresh,
    { programKinds: EVERYWHERE, needs: needsAsync },
  ],
  [
    'calls and host functions that nest without end are stopped',
    endlessNesting,
    { programKinds: EVERYWHERE, needs: needsAsync },
  ],
  [
    'a host function may not touch the kept state of the context that waits for it',
    reentrantKeep,
    { programKinds: EVERYWHERE, needs: (f) => needsAsync(f) && needsKeep(f) },
  ],
]);
