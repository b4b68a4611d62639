// Runs under any runtime, with a backend's name as argument: what a context has to do everywhere. Prints `ok` last.
import assert from 'node:assert/strict';
import { createContext, js, native } from '@colony/core';

const backend = process.argv[2];
const hash = new URL('./hash.c', import.meta.url).pathname;
// Generous: what is checked is that limits end a call, not how fast this machine is.
const limits = { wallTime: '5 s', cpuTime: '5 s' };

async function javascript() {
  const context = await createContext({
    backend,
    program: js`
      let calls = 0;
      export async function price(item, amount) {
        calls += 1;
        return { total: (await host.lookup(item)) * amount, calls };
      }
      export const denied = () => host.secret();
      export const loop = () => { for (;;); };`,
    hypercalls: { lookup: async (item) => ({ apple: 3, pear: 4 })[item] ?? 0, secret: () => 'secret' },
    policy: { hypercalls: { lookup: { maxCalls: 10 } }, limits },
  });
  assert.equal(context.backend, backend);
  assert.deepEqual(await context.call('price', 'apple', 5), { total: 15, calls: 1 });
  // The first call left no trace.
  assert.deepEqual(await context.call('price', 'pear', 2), { total: 8, calls: 1 });
  await assert.rejects(context.call('denied'), { code: 'ERR_POLICY_DENIED' });
  await assert.rejects(context.with({ limits: { wallTime: '300 ms' } }).call('loop'), {
    code: /^ERR_LIMIT_(WALL|CPU)_TIME$/,
  });
  // The call that was ended did no harm to the context.
  assert.deepEqual(await context.call('price', 'apple', 1), { total: 3, calls: 1 });
  await context.dispose();
  await assert.rejects(context.call('price', 'apple', 1), { code: 'ERR_DISPOSED' });
}

async function c() {
  const context = await createContext({ backend, program: native.c(hash), policy: { limits } });
  assert.equal(await context.call('fnv1a', new TextEncoder().encode('colony')), 4145191839);
  await context.dispose();
}

await javascript();
await c();
console.log('ok');
