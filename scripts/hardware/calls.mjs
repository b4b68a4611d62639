// Makes one call of each kind on this machine's KVM, and checks that nothing of it is left for the next.
import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { createContext, linux, Snapshot } from '@colony/core';
import { runChecks } from './checks.mjs';
import { add, asking, javascript, nothing } from './programs.mjs';

/** Long enough for an emulated processor: only the loop may hit a limit. */
const limits = { wallTime: '300 s', cpuTime: '300 s', startTime: '300 s' };
const backend = 'kvm';
const ask = (/** @type {number} */ value) => value + 1;
const hypercalls = { ask, ping: () => undefined };
/** @type {import('@colony/core').Policy} */
const policy = { hypercalls: { ask: true, ping: true }, limits };

const context = await createContext({ backend, program: javascript, hypercalls, policy });

await runChecks({
  'a JavaScript call on this thread': async () => assert.equal(context.callSync('count'), 1),
  'a JavaScript call on a lane, which starts where the first did': async () =>
    assert.equal(await context.call('count'), 1),
  'calls that keep their state': async () => {
    const kept = context.with({ state: 'keep' });
    assert.deepEqual([await kept.call('count'), await kept.call('count')], [1, 2]);
  },
  'a snapshot of that state, from which another context starts': async () => {
    const snapshot = await context.snapshot();
    assert.ok(snapshot instanceof Snapshot);
    const other = await createContext({ backend, snapshot, hypercalls, policy });
    assert.equal(other.callSync('count'), 3);
    await other.dispose();
    snapshot.dispose();
  },
  'a hypercall from JavaScript': async () => assert.equal(context.callSync('ask', 41), 42),
  'a hypercall whose answer is awaited': async () => {
    const later = { ask: async (/** @type {number} */ value) => ask(value) };
    const other = await createContext({
      backend,
      program: javascript,
      hypercalls: later,
      policy: { ...policy, hypercalls: { ask: true } },
    });
    assert.equal(await other.call('ask', 41), 42);
    await other.dispose();
  },
  'a C call': async () => {
    const c = await createContext({ backend, program: nothing, policy: { limits } });
    c.callSync('nothing');
    await c.dispose();
  },
  'hypercalls from C': async () => {
    let asked = 0;
    const count = { ping: () => void ++asked };
    const c = await createContext({
      ...{ backend, program: asking, hypercalls: count, policy: { hypercalls: { ping: true }, limits } },
    });
    c.callSync('ask', 3);
    assert.equal(asked, 3);
    await c.dispose();
  },
  'a WebAssembly call': async () => {
    const module = await createContext({ backend, program: add, policy: { limits } });
    assert.equal(module.callSync('add', 40, 2), 42);
    await module.dispose();
  },
  'a Linux program, whose system calls are invalid opcodes here': async () => {
    const shell = linux({ executable: realpathSync('/bin/sh') });
    const more = { ...limits, memory: '64 MiB' };
    const context = await createContext({ backend, program: shell, policy: { limits: more } });
    const args = ['-c', "trap 'echo caught' USR1; kill -USR1 $$; echo $((6 * 7)); exit 3"];
    for (let i = 0; i < 2; i++) {
      const { status, stdout } = context.callSync('main', { args, encoding: 'utf8' });
      assert.deepEqual([status, stdout], [3, 'caught\n42\n']);
    }
    await context.dispose();
  },
  'a loop is ended by its wall time, and the next call runs': async () => {
    await assert.rejects(context.with({ limits: { wallTime: '200 ms' } }).call('loop'), {
      code: 'ERR_LIMIT_WALL_TIME',
    });
    assert.equal(context.callSync('count'), 1);
  },
});
await context.dispose();
